"""Reading files of earlier grants: what a file says, line by line, and every problem named by row and column. Nothing is written here: what is
read and right goes to the verb `registry.transitions.import_past_grants`.
"""

from registry.resources.grants import Reading, read_past_grants

__all__ = ["Reading", "read_past_grants"]
