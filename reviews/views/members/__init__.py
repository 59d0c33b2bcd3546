"""The pages of a member of the panel."""

from reviews.views.members.desk import declare, desk, panel_or_404, ranking
from reviews.views.members.printing import print_file, print_files
from reviews.views.members.reading import file, piece
from reviews.views.members.signing import sign

__all__ = [
    "declare",
    "desk",
    "file",
    "panel_or_404",
    "piece",
    "print_file",
    "print_files",
    "ranking",
    "sign",
]
