"""Django's command line; the inventory names the settings."""

import sys

from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
