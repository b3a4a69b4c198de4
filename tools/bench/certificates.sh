# The authority, the certificate and that of nobody, unless they are good for a month; prints `made` when they were not.
ssl=/etc/ssl/groundcrew
if openssl verify -CAfile $ssl/ca/ca.pem $ssl/shop/fullchain.pem > /dev/null 2>&1 &&
  openssl x509 -in $ssl/shop/fullchain.pem -noout -checkend 2592000 > /dev/null && [ -s /etc/nginx/groundcrew-nobody/key.pem ]; then
  exit
fi
mkdir -p $ssl/ca $ssl/shop
umask 077
mkdir -p /etc/nginx/groundcrew-nobody
exec 2> /dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 3650 \
  -subj '/CN=Groundcrew CA' -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
  -addext keyUsage=critical,keyCertSign,cRLSign -keyout $ssl/ca/ca.key -out $ssl/ca/ca.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 397 -subj / \
  -CA $ssl/ca/ca.pem -CAkey $ssl/ca/ca.key -addext subjectAltName=critical,DNS:shop.example.com \
  -addext basicConstraints=CA:FALSE -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=serverAuth \
  -keyout $ssl/shop/privkey.pem -out $ssl/shop/fullchain.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -subj /CN=nobody \
  -keyout /etc/nginx/groundcrew-nobody/key.pem -out /etc/nginx/groundcrew-nobody/certificate.pem
chmod 0755 $ssl $ssl/ca $ssl/shop
chmod 0644 $ssl/ca/ca.pem $ssl/shop/fullchain.pem
echo made
