"""The checks of the report as tests of pytest-testinfra, for any server that SSH reaches and that has Python.

pytest playbooks/checks --hosts=ssh://web1.example.org --address=https://shop.example.org --junit-xml=report.xml
"""

import pytest
from report import judge


@pytest.mark.parametrize("check", judge.names(judge.SITE))
def test_site(check, hold):
    hold(check)


@pytest.mark.parametrize("check", judge.names(judge.APPLICATION))
def test_application(check, hold):
    hold(check)


@pytest.mark.parametrize("check", judge.names(judge.SERVER))
def test_server(check, hold):
    hold(check)
