"""Certificates: what clients accept, when they are renewed, and which files are refused."""

import pytest

PLAYBOOK = "molecule/certificate/converge.yml"
FOLDER = "/etc/ssl/groundcrew/shop"
CA = "/etc/ssl/groundcrew/ca"


def verify(host, name, folder=FOLDER):
    """Tell whether a strict client that trusts the host's authority accepts the certificate for a name."""
    strict = "-x509_strict -purpose sslserver -verify_hostname"
    return host.run(f"openssl verify -CAfile {CA}/ca.pem {strict} {name} {folder}/fullchain.pem").rc == 0


def lasts(host, days, folder=FOLDER):
    """Tell whether the certificate is still good in so many days."""
    return host.run(f"openssl x509 -in {folder}/fullchain.pem -noout -checkend {days * 86400}").rc == 0


def content(host):
    """Return what lies in the folder of the certificate: {name: checksum}."""
    return host.check_output(f"cd {FOLDER} && find . -type f -exec sha256sum {{}} + | sort")


@pytest.fixture
def pair(host, tmp_path):
    """Return a function that makes a key and a certificate, signed by itself or by one made before."""
    host.check_output("mkdir -p /root/pairs")

    def make(name, domain="shop.example.org", issuer="", kind="ec -pkeyopt ec_paramgen_curve:P-256"):
        signer = f"-CA {issuer}.pem -CAkey {issuer}.key" if issuer else ""
        host.check_output(
            f"cd /root/pairs && openssl req -x509 -newkey {kind} -nodes -days 90"
            f" -subj /CN={name} -addext subjectAltName=DNS:{domain} -keyout {name}.key -out {name}.pem {signer}"
        )
        for kind in ("key", "pem"):
            (tmp_path / f"{name}.{kind}").write_text(host.file(f"/root/pairs/{name}.{kind}").content_string)
        return tmp_path / f"{name}.pem", tmp_path / f"{name}.key"

    return make


def provided(certificate, private_key):
    """Return the keys of `certificate_domain` for files of the controller."""
    return {"source": "provided", "certificate": str(certificate), "private_key": str(private_key)}


def test_a_strict_client_accepts_the_names_and_no_other(host):
    assert verify(host, "shop.example.org")
    assert verify(host, "www.example.org")
    assert not verify(host, "blog.example.org")


def test_it_ends_before_browsers_refuse_it(host):
    assert lasts(host, 395)
    assert not lasts(host, 398)


def test_the_authority_signs_no_further_authority(host):
    assert "CA:TRUE, pathlen:0" in host.check_output(f"openssl x509 -in {CA}/ca.pem -noout -text")


@pytest.mark.parametrize("key", [f"{FOLDER}/privkey.pem", f"{CA}/ca.key"])
def test_only_root_reads_keys(host, key):
    assert "Permission denied" in host.run("runuser -u nobody -- cat %s", key).stderr


def test_other_names_get_another_certificate_of_the_same_authority(host, play):
    authority = host.file(f"{CA}/ca.pem").content
    assert play(PLAYBOOK, domains=["Shop.example.org", "new.example.org"]).returncode == 0
    assert verify(host, "new.example.org")
    assert not verify(host, "www.example.org")
    assert host.file(f"{CA}/ca.pem").content == authority


@pytest.mark.split
def test_it_is_renewed_a_month_before_it_ends(host, play):
    for days in (31, 29):
        host.check_output(
            f"cd {FOLDER} && openssl req -x509 -key privkey.pem -CA {CA}/ca.pem -CAkey {CA}/ca.key -days {days}"
            " -subj /CN=shop -addext subjectAltName=DNS:shop.example.org,DNS:www.example.org -out fullchain.pem"
        )
        assert ("changed=0" in play(PLAYBOOK).stdout) == (days == 31)
    assert verify(host, "www.example.org")
    assert lasts(host, 395)


@pytest.mark.split
def test_one_with_an_rsa_key_stands_beside_it_when_asked(host, play):
    before, rsa, usual = "", f"{FOLDER}/rsa", f"cd {FOLDER} && sha256sum *.pem"
    for days in (0, 31, 29):
        if days:
            host.check_output(
                f"cd {rsa} && openssl req -x509 -key privkey.pem -CA {CA}/ca.pem -CAkey {CA}/ca.key -days {days}"
                " -subj /CN=shop -addext subjectAltName=DNS:shop.example.org,DNS:www.example.org -out fullchain.pem"
            )
        assert ("changed=0" in play(PLAYBOOK, files={"rsa": True}).stdout) == (days == 31)
        before = before or host.check_output(usual)
    assert verify(host, "www.example.org", rsa)
    assert lasts(host, 395, rsa)
    assert "rsaEncryption" in host.check_output(f"openssl x509 -in {rsa}/fullchain.pem -noout -text")
    assert host.file(f"{rsa}/privkey.pem").mode == 0o600
    # Nobody asks for it any more, and the other was never touched.
    assert "changed=1 " in play(PLAYBOOK).stdout
    assert not host.file(rsa).exists
    assert host.check_output(usual) == before


@pytest.mark.split
def test_who_leaves_an_authority_does_not_ask_it_any_more(host, play):
    """Its timer takes any pair but its own for one that has to be replaced."""
    host.check_output(f"touch {FOLDER}/acme.json")
    assert "changed=1 " in play(PLAYBOOK).stdout
    assert not host.file(f"{FOLDER}/acme.json").exists
    assert "changed=0" in play(PLAYBOOK).stdout


@pytest.mark.split
def test_files_with_a_chain_are_taken_and_the_key_stays_secret(host, play, pair, monkeypatch):
    pair("root")
    middle, _ = pair("middle", issuer="root")
    leaf, key = pair("leaf", issuer="middle")
    leaf.write_text(leaf.read_text() + middle.read_text())
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "3")
    monkeypatch.setenv("ANSIBLE_DIFF_ALWAYS", "true")
    result = play(PLAYBOOK, domains=["shop.example.org"], files=provided(leaf, key))
    assert result.returncode == 0, result.stdout
    assert not [line for line in key.read_text().splitlines()[1:-1] if line in result.stdout]
    assert host.file(f"{FOLDER}/fullchain.pem").content_string == leaf.read_text()
    assert host.file(f"{FOLDER}/privkey.pem").content_string == key.read_text()
    assert host.file(f"{FOLDER}/privkey.pem").mode == 0o600
    assert "changed=0" in play(PLAYBOOK, domains=["shop.example.org"], files=provided(leaf, key)).stdout


@pytest.mark.split
def test_files_with_an_rsa_key_are_taken_beside_the_others(host, play, pair):
    leaf, key = pair("plain")
    rsa_leaf, rsa_key = pair("old", kind="rsa:2048")
    files = {**provided(leaf, key), "rsa": True, "rsa_certificate": str(rsa_leaf), "rsa_private_key": str(rsa_key)}
    assert play(PLAYBOOK, domains=["shop.example.org"], files=files).returncode == 0
    assert host.file(f"{FOLDER}/fullchain.pem").content_string == leaf.read_text()
    assert host.file(f"{FOLDER}/rsa/privkey.pem").content_string == rsa_key.read_text()
    assert host.file(f"{FOLDER}/rsa/privkey.pem").mode == 0o600
    assert "changed=0" in play(PLAYBOOK, domains=["shop.example.org"], files=files).stdout


@pytest.mark.split
def test_files_that_do_not_fit_are_refused_and_what_is_there_stays(host, play, pair):
    before = content(host)
    leaf, key = pair("other")
    stranger, wrong_key = pair("stranger")
    for certificate, private_key, domains, sentence in (
        (leaf, wrong_key, ["shop.example.org"], "The key does not belong to the certificate."),
        (leaf, key, ["shop.example.org", "www.example.org"], "The certificate is not for www.example.org."),
        (leaf, key, ["shop.example.org"], "No certificate of the chain has signed the first one"),
    ):
        if "chain" in sentence:
            leaf.write_text(leaf.read_text() + stranger.read_text())
        result = play(PLAYBOOK, domains=domains, files=provided(certificate, private_key))
        assert result.returncode != 0
        assert sentence in result.stdout.replace("\n        ", " ")
        assert content(host) == before
