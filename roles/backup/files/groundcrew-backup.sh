#!/bin/sh
# groundcrew-backup run|drill|status|restore|scratch: see /usr/local/lib/groundcrew-backup/__main__.py
[ "$(id -u)" = 0 ] || exec sudo "$0" "$@"
exec python3 -B /usr/local/lib/groundcrew-backup "$@"
