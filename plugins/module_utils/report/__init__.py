"""What production Django asks for, held against a server as it is: observed in two questions, judged without a host.

`on_host` runs on the server, `in_django` inside of its project, `visits` goes over the public address. `observed` holds
what they saw, `checks` judges it, `table`, `page` and `junit` show it. Nothing here knows Ansible or pytest.
"""
