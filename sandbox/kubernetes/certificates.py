"""A control plane's certificates: its authorities, its servers, its clients.

Made anew for every control plane, in files that only this user can read; gone with it.
"""

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

VALID_DAYS = 365


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.read_bytes()


class Authority:
    """A certificate authority that lives as long as this object; only its results are kept."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._key = _new_key()
        self._certificate = _certificate(self._key, self._key, name, name, authority=True)
        self.pair = _write(folder / name, self._certificate, self._key)

    def issue(
        self,
        name: str,
        *,
        common_name: str = "",
        organization: str = "",
        hosts: Sequence[str] = (),
    ) -> Pair:
        """A certificate for a server (with ``hosts``, names or addresses) or a client.

        Kubernetes reads the user from the common name and the groups from the organization.
        """
        key = _new_key()
        certificate = _certificate(
            key,
            self._key,
            common_name or name,
            self._certificate.subject,
            organization=organization,
            hosts=hosts,
        )
        return _write(self._folder / name, certificate, key)


def signing_key(folder: Path) -> Path:
    """The key by which service account tokens are signed and checked."""
    key = _new_key()
    path = folder / "service-accounts.key"
    _private(path, _key_pem(key))
    return path


def _new_key() -> "EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    key: "EllipticCurvePrivateKey",
    signer: "EllipticCurvePrivateKey",
    name: str,
    issuer: "x509.Name | str",
    *,
    authority: bool = False,
    organization: str = "",
    hosts: Sequence[str] = (),
) -> "x509.Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID

    subject = _name(name, organization)
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if isinstance(issuer, str) else issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(
            x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True
        )
        .add_extension(_usage(authority=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if not authority:
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH]
        uses += [ExtendedKeyUsageOID.SERVER_AUTH] if hosts else []
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    if hosts:
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _usage(*, authority: bool) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str, organization: str) -> "x509.Name":
    from cryptography import x509

    attributes = [x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name[:64])]
    if organization:
        attributes.append(x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)


def _general_name(host: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(path: Path, certificate: "x509.Certificate", key: "EllipticCurvePrivateKey") -> Pair:
    from cryptography.hazmat.primitives import serialization

    pair = Pair(path.with_name(f"{path.name}.crt"), path.with_name(f"{path.name}.key"))
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _private(pair.key, _key_pem(key))
    return pair


def _key_pem(key: "EllipticCurvePrivateKey") -> bytes:
    from cryptography.hazmat.primitives import serialization

    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(encoding, form, serialization.NoEncryption())


def _private(path: Path, text: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(text)
