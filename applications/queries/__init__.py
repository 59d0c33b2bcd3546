"""Reads and figures of the file, one definition each."""
from applications.queries.desk import PAGE, desk_counts, desk_queue, officer_interest, officers_files
from applications.queries.silence import Silence, silence
from applications.queries.timeline import Next, Step, latest_request, my_applications, next_step, requests_due, timeline
from applications.queries.writing import (
    Progress, applicant_key, code_is_live, content_now, find_body, hash_now, is_applicant, is_member, is_signatory, live_code, missing_signatures,
    open_request, progress, section_now, signatories, signed_hashes,
)

__all__ = [
    "Next", "PAGE", "Progress", "Silence", "Step", "applicant_key", "code_is_live", "content_now", "desk_counts", "desk_queue", "find_body", "hash_now",
    "is_applicant", "is_member", "is_signatory", "latest_request", "live_code", "missing_signatures", "my_applications", "next_step", "officer_interest",
    "officers_files", "open_request", "progress", "requests_due", "section_now", "signatories", "signed_hashes", "silence", "timeline",
]
