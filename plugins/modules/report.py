#!/usr/bin/python
"""Documentation of the action plugin of this name."""

DOCUMENTATION = r"""
module: report
short_description: Hold hosts and sites against what production Django asks for
description:
  - Visits the sites from the controller, judges them and what each host of the play answered to
    M(groundcrew.django.observe), prints a table, and writes C(report.html) and C(report.xml) (JUnit).
  - Fails when a finding is as grave as the option C(fail_on) of the playbook.
options:
  answers:
    description: Name of the variable in which the answers were registered.
    type: str
    required: true
  resolved:
    description: Name of the variable with what the module M(groundcrew.django.applications) returned.
    type: str
    required: true
  status:
    description:
      - Show how things are now, also what is good, and write no files. Whether they were made well is left out.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: The report is written in check mode, too. No host is changed.
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Report on hosts and sites
  groundcrew.django.report:
    answers: __observed
    resolved: __resolved
  run_once: true
"""

RETURN = r"""
mistakes:
  description: Where the report is.
  returned: failure
  type: str
"""
