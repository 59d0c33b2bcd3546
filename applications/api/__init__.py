"""The applicant's file over the API: written, agreed to and filed with the same verbs as the pages, and refused with the same words.

The team reads and writes the working copy; case officers and auditors read what was filed (`versions`), never a draft. A section is written with
the version one started from, in `version` or as `If-Match`.

One module a subject: what is sent and read, then the actions on a file. `application` puts them together.
"""

from applications.api.application import ApplicationResource
from applications.api.documents import DocumentResource
from applications.api.form import Form
from applications.api.partners import PartnershipResource

__all__ = ["RESOURCES", "ApplicationResource", "Form"]

RESOURCES = {
    "applications": ApplicationResource,
    "partnerships": PartnershipResource,
    "documents": DocumentResource,
}
