"""The applications of an inventory, checked and resolved: each one complete, and every mistake found at once.

Pure Python without Ansible: `plugins/action/applications.py` reads the variables of all hosts and asks `resolve.py`.
"""
