"""Reads and figures of the file, one definition each."""
from applications.queries.desk import PAGE, desk_counts, desk_queue, officer_interest, officers_files
from applications.queries.silence import Silence, silence
from applications.queries.timeline import Step, latest_request, my_applications, timeline
from applications.queries.writing import (
    Progress, applicant_key, code_is_live, content_now, find_body, hash_now, is_applicant, is_member, is_signatory, live_code, missing_signatures,
    open_request, progress, section_now, signatories, signed_hashes,
)

__all__ = [
    "PAGE", "Progress", "Silence", "Step", "applicant_key", "code_is_live", "content_now", "desk_counts", "desk_queue", "find_body", "hash_now",
    "is_applicant", "is_member", "is_signatory", "latest_request", "live_code", "missing_signatures", "my_applications", "officer_interest",
    "officers_files", "open_request", "progress", "section_now", "signatories", "signed_hashes", "silence", "timeline",
]
