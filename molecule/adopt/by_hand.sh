# A guestbook at old.example.org as tutorials set it up: by_hand.sh postgresql|sqlite
set -eu
database=$1
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -qy install --no-install-recommends nginx python3-venv git cron postgresql
# Tutorials keep a log-in user of their own.
useradd --create-home --shell /bin/bash sammy
chmod 0755 /home/sammy
cd /home/sammy/shop
chown -R sammy: .
key=$(python3 -c 'import secrets; print(secrets.token_urlsafe(60))')
cat > .env <<END
DJANGO_SECRET_KEY=$key
DJANGO_ALLOWED_HOSTS=old.example.org,localhost
DEBUG=off
TITLE=Made by hand
END
runuser -u sammy -- sh -eu -c "
  git -c init.defaultBranch=trunk init --quiet
  git add guestbook entries manage.py requirements.txt
  git -c user.name=x -c user.email=x@example.org commit --quiet --message=Begin
  git remote add origin https://git.example.org/shop.git
  python3 -m venv env
  env/bin/pip install --quiet -r requirements.txt gunicorn"
if [ "$database" = postgresql ]; then
  cd /
  # The name that the application gets, too.
  runuser -u postgres -- psql -q -c "CREATE ROLE shopkeeper LOGIN PASSWORD 'open sesame'" -c 'CREATE DATABASE shop OWNER shopkeeper'
  cd /home/sammy/shop
  echo 'DATABASE_URL=postgresql://shopkeeper:open%20sesame@localhost/shop' >> .env
fi
chown sammy: .env
chmod 0600 .env
printf 'import environ, pathlib\nenviron.Env.read_env(pathlib.Path(__file__).parent.parent / ".env")\n' > guestbook/__init__.py
printf '\nMEDIA_ROOT = "uploads"\nSTATIC_ROOT = BASE_DIR / "static"\nSTORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"\n' >> guestbook/settings.py
runuser -u sammy -- sh -eu -c '
  mkdir uploads
  echo paper > uploads/paper.txt
  env/bin/python manage.py migrate --verbosity=0
  env/bin/python manage.py collectstatic --no-input --verbosity=0
  env/bin/python manage.py shell --command "
from django.contrib.auth.models import User
from entries.models import Entry
Entry.objects.create(name=\"Ada\", text=\"from before\")
User.objects.create_superuser(\"ops\", password=\"correct horse\")"'
cat > /etc/systemd/system/gunicorn.socket <<END
[Socket]
ListenStream=/run/gunicorn.sock
[Install]
WantedBy=sockets.target
END
cat > /etc/systemd/system/gunicorn.service <<END
[Unit]
Requires=gunicorn.socket
[Service]
User=sammy
Group=www-data
WorkingDirectory=/home/sammy/shop
ExecStart=/home/sammy/shop/env/bin/gunicorn --workers 2 --bind unix:/run/gunicorn.sock guestbook.wsgi:application
[Install]
WantedBy=multi-user.target
END
cat > /etc/nginx/sites-available/shop <<END
server {
    listen 80 default_server;
    server_name old.example.org;
    location /static/ { root /home/sammy/shop; }
    location /media/ { alias /home/sammy/shop/uploads/; }
    location / {
        include proxy_params;
        proxy_pass http://unix:/run/gunicorn.sock;
    }
}
END
rm -f /etc/nginx/sites-enabled/default
ln -s ../sites-available/shop /etc/nginx/sites-enabled/shop
echo '7 3 * * * /home/sammy/shop/env/bin/python /home/sammy/shop/manage.py clearsessions' | crontab -u sammy -
systemctl daemon-reload
systemctl enable --now --quiet gunicorn.socket
systemctl enable --quiet --now nginx
systemctl reload-or-restart nginx
