#!/bin/sh
# Print what a host of `make bench` has, without what may differ: comments and empty lines.
exec 2>&1
# The program says here which files.
#SET
for file in "$@"; do
  stat --format='%n %a %U:%G' "$file"
  grep -vE '^[[:space:]]*(#|$)' "$file"
done
ls /etc/nginx/sites-enabled
find /etc/ssl/groundcrew /etc/nginx/groundcrew-nobody -printf '%p %m %u:%g\n' | sort
dpkg-query --show --showformat='${Package} ${Version}\n'
systemctl is-active 'postgresql@*-main' redis-server@shop nginx redis-server groundcrew-nginx-errors.socket
systemctl is-enabled redis-server@shop nginx redis-server groundcrew-nginx-errors.socket
runuser --user=postgres -- psql -Atc "SELECT datname, datdba::regrole, datacl::text FROM pg_database ORDER BY 1;
  SELECT rolname, rolconnlimit, rolsuper FROM pg_roles WHERE rolcanlogin ORDER BY 1; SELECT extname FROM pg_extension ORDER BY 1;
  SHOW data_checksums; SHOW shared_buffers; SELECT count(*) FROM pg_settings WHERE pending_restart"
# There is no application behind the site: 502 says that all before it works.
openssl s_client -connect 127.0.0.1:443 -servername shop.example.com -verify_hostname shop.example.com -verify_return_error \
  -CAfile /etc/ssl/groundcrew/ca/ca.pem -quiet 2> /dev/null <<'REQUEST' | grep -o '^HTTP/1.1 502'
GET / HTTP/1.0
Host: shop.example.com

REQUEST
# A host without an answer is another one, too.
true
