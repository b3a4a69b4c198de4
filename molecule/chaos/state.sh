# Print what a run of site.yml makes of a host, without what differs from one host to the next: keys, times, numbers of processes.
exec 2> /dev/null
export LC_ALL=C
cd /
dpkg-query --show --showformat='package ${Package} ${db:Status-Status}\n'
find /etc /usr/local /srv -xdev \( -name __pycache__ -o -path /etc/ssl/groundcrew -o -path '/etc/ssh/ssh_host_*' -o -path '/srv/*/releases/*/venv' -o -path '/srv/*/packages/*' \) -prune \
  -o -printf 'path %p %y %m %u %g %l\n' | grep --invert-match -e '-[0-9]\{8\}' -e '\.pwd\.lock'
find /etc -xdev -type f \( -path '/etc/ssl/*' -o -path '*/secrets/*' -o -path '/etc/ssh/ssh_host_*' -o -name '*-' -o -name machine-id -o -name ld.so.cache \
  -o -path /etc/hosts -o -path '/etc/nginx/groundcrew-nobody/*' \) -prune \
  -o -type f -print0 | xargs -0 sha256sum
find /usr/local -xdev -type f -not -path '*/__pycache__/*' -print0 | xargs -0 sha256sum
systemctl list-unit-files --state=enabled --plain --no-legend | awk '{ print "enabled " $1 }'
systemctl list-units --state=active --type=service,timer,socket --plain --no-legend | awk '!/^(user|session|systemd-)/ { print "active " $1 }'
systemctl show '*' --property=Id,NeedDaemonReload | awk -F= '$1 == "Id" { id = $2 } $2 == "yes" { print "unread " id }'
systemctl --failed --plain --no-legend | awk '{ print "failed " $1 }'
sysctl --all | grep -e '^vm\.swappiness' -e '^net\.core\.somaxconn' -e '^vm\.overcommit_memory'
psql() { runuser --user=postgres -- psql --no-psqlrc --tuples-only --no-align "$@"; }
psql --command="SELECT 'setting', name, setting FROM pg_settings WHERE source = 'configuration file' AND NOT pending_restart"
psql --command="SELECT 'role', rolname, rolcanlogin, rolsuper, rolconnlimit FROM pg_roles"
psql --command="SELECT 'database', datname, datdba::regrole, datacl FROM pg_database"
for name in $(psql --command="SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"); do
  runuser --user=postgres -- pg_dump --schema-only "$name" | grep --invert-match -e '^--' -e '^\\\(un\)\?restrict'
done
for socket in /run/redis-*/redis.sock; do
  redis-cli -s "$socket" CONFIG GET '*' | paste - - | grep -e '^maxmemory' -e '^appendonly' -e '^unixsocket' -e '^save' | sed "s#^#$socket #"
done
# What Nginx has read is as new as its files.
started=$(systemctl show --timestamp=us+utc --property=StateChangeTimestamp --value nginx.service)
find -L /etc/nginx /etc/ssl/groundcrew -newerct "${started:-@0}" -printf 'not read by Nginx: %p\n'
true
