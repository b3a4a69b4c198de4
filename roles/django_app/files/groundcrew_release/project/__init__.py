"""The one reader of projects: from a tree of files to a plan, with the reason for each choice.

It only reads text: nothing of the project runs here. What it cannot tell it refuses, in one sentence that says what was
looked at and which key of the inventory decides.
"""

from .read import read
from .shape import Asked, Choice, Dependencies, Project

__all__ = ["Asked", "Choice", "Dependencies", "Project", "read"]
