#!/usr/bin/python
"""Documentation of the action plugin of this name."""

DOCUMENTATION = r"""
module: adopt
short_description: Take over a Django project that somebody set up by hand
description:
  - Finds the Django project that a server runs, whoever set it up, and what belongs to it, such as units, lines of
    crontabs, programs of supervisor and sites of Nginx.
  - C(describe) returns what an inventory takes from it. Secrets are in the answer, so C(no_log) belongs to the task.
  - C(begin) stops it, and puts databases and uploads into an archive that C(NAME-release import) takes. What fails puts
    it back. C(finish) keeps it from starting again. C(back) puts all of it back, with the configurations of Nginx and
    PostgreSQL as they were; files of the project are never changed.
options:
  verb:
    description: What to do.
    type: str
    required: true
    choices: [describe, begin, finish, back]
  name:
    description: Name of the application that takes its place.
    type: str
    default: ""
  domains:
    description: Domains of the application.
    type: list
    elements: str
    default: []
  project:
    description: The folder of its manage.py, where several projects serve.
    type: str
    default: ""
attributes:
  check_mode:
    support: partial
    description: Only C(describe) does anything in check mode.
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Stop the project of before, with its data in a file
  groundcrew.django.adopt:
    verb: begin
    name: shop
    domains: [shop.example.org]
  register: adopted
"""

RETURN = r"""
archive:
  description: The file with databases and uploads; empty when it is not needed any more.
  returned: for begin, finish and back
  type: str
msg:
  description: What was done, or why it cannot be.
  returned: for begin, finish and back
  type: str
domains:
  description: The names that Nginx serves and the project takes.
  returned: for describe
  type: list
  elements: str
env:
  description: Variables of the process that neither its server nor Groundcrew sets. Secrets are among them.
  returned: for describe
  type: dict
refused:
  description: Why there is nothing to describe, a sentence; empty when there is.
  returned: for describe
  type: str
notes:
  description: What somebody should know before.
  returned: for describe
  type: list
  elements: str
"""
