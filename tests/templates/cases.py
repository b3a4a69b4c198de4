"""Sites of Nginx that several tests begin with."""

TRIXIE = {"stdout_lines": ["ipv6", 'VERSION_ID="13"']}
SITE = {
    "name": "shop",
    "domains": ["shop.example.org"],
    "upstream": ["unix:/srv/shop/current/web.sock"],
    "certificate": ["/etc/ssl/shop/fullchain.pem"],
    "private_key": ["/etc/ssl/shop/privkey.pem"],
}
FILES = {
    "static": {"/static": "/srv/shop/current/static", "/files/": "/srv/files/"},
    "media": {"/media": "/srv/media/"},
}
HASH = "$6$salt$NRNsI3KX5i8SZiX4.kowB2UIsj77MVR"
