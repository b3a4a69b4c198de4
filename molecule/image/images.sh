#!/bin/sh
# Make images from nothing, since no registry of the world is at hand: `images.sh REGISTRY`. The base is what Python of this
# host consists of, and a virtual environment.
set -eu
login="ci:$(cat /root/registry-password)"
root=/root/image
python=$(python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')

images() { buildah --storage-driver vfs --root /root/images --runroot /run/images "$@"; }

mkdir -p $root/usr/bin $root/usr/lib $root/usr/lib64 $root/opt $root/etc
for name in bin lib lib64; do ln -s usr/$name $root/$name; done
cp --archive /usr/bin/env /usr/bin/dash "/usr/bin/$python" $root/usr/bin/
ln -s dash $root/usr/bin/sh
echo root:x:0:0::/root:/bin/sh > $root/etc/passwd
ln -s "$python" $root/usr/bin/python3
cp --archive "/usr/lib/$python" $root/usr/lib/
ldd /usr/bin/env /usr/bin/dash "/usr/bin/$python" "/usr/lib/$python"/lib-dynload/*.so | grep --only-matching '/[^ :]*\.so[^ :]*' \
  | sort --unique | xargs cp --dereference --parents --target-directory=$root 2> /dev/null || true
# And what wheels ask for of the C library.
dpkg --listfiles libc6 | sed 's,^/lib,/usr/lib,' | grep '/lib/.*\.so\.[0-9]$' | xargs cp --dereference --parents --target-directory=$root
python3 -m venv --without-pip /opt/venv
/opt/groundcrew/uv/bin/uv pip install --quiet --native-tls --python /opt/venv 'Django==5.2.*' gunicorn 'psycopg[binary]'
cp --archive /opt/venv $root/opt/

base=$(images from scratch)
images copy --quiet "$base" $root /
images config --workingdir /app --env PATH=/opt/venv/bin:/usr/bin --user root --cmd 'gunicorn shop.wsgi' "$base"
base=$(images commit --quiet "$base" base)

image() { # NAME VARIABLE=VALUE...: an image of the project
  name=$1
  shift
  one=$(images from "$base")
  images copy --quiet "$one" /root/project /app
  for variable; do images config --env "$variable" "$one"; done
  images commit --quiet "$one" "$name"
}

image shop:v1 GENERATION=1
image shop:v2 GENERATION=2
image shop:broken GENERATION=3 BROKEN=import
image shop:bare GENERATION=4 PATH=/usr/bin
for tag in v1 v2 broken bare; do
  images push --quiet --creds "$login" shop:$tag "docker://$1/shop:$tag"
done
images push --quiet --creds "$login" base "docker://$1/base:latest"
# Compressed as Docker and containerd may do.
images push --quiet --compression-format zstd shop:v2 oci-archive:/root/shop.tar
