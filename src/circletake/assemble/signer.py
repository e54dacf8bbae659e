"""The studio's own signer: an ECDSA P-256 root that vouches for a leaf, kept in a folder that only its owner can read.

The signature shows that nobody changed a film after it left. Other people's players will call the signer unknown
until they are given `root.pem`; being known to everybody takes a certificate from a listed authority.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import stat
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from circletake.assemble.base import Manifest
from circletake.errors import HomeError, ProvenanceError
from circletake.runtime.clock import moment

_log = logging.getLogger(__name__)
_IO_ERROR: type[Exception] = c2pa.C2paError.Io  # pyright: ignore[reportAttributeAccessIssue] # attached when imported

_ROOT_KEY = "root.key"
_ROOT = "root.pem"
_SIGNER = "signer.pem"
"""The leaf's key, the leaf and the root in one file, so that a renewal is one rename."""
_ROOT_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=365)
_RENEW_BEFORE = timedelta(days=30)
_BACKDATED = timedelta(hours=1)
"""Certificates begin this much in the past, so that a clock that runs behind still accepts them."""


class Now(Protocol):
    """The one thing a signer asks of a clock."""

    def now(self) -> float:
        """Return Unix seconds."""
        ...


@dataclass(frozen=True)
class LocalSigner:
    """Signs with a key from a file."""

    common_name: str
    root_pem: str
    expires: datetime
    """When the leaf ends, UTC."""
    folder: Path

    def sign(self, source: Path, target: Path, *, manifest: Manifest) -> None:
        """Write a signed copy of an MP4; no time stamp is fetched and no thumbnail is made.

        The certificate must be in force by the machine's own clock: libc2pa looks at no other.

        Raises:
            ProvenanceError: the manifest is refused, the key is gone, or the source cannot be read.
            HomeError: the disk is full, the folder cannot be written, or `target` exists (it is left as it is).
        """
        key, chain = _key_and_chain(self.folder / _SIGNER)
        settings = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"verify_after_sign": False}}
        info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain, key, None)
        with _opened(source) as film, _created(target) as signed:
            try:
                context = c2pa.Context(c2pa.Settings.from_dict(settings))
                builder = c2pa.Builder(json.dumps(manifest), context)
                with c2pa.Signer.from_info(info) as signer:
                    builder.sign(signer, "video/mp4", film, signed)
            except (_IO_ERROR, OSError) as error:
                target.unlink()
                raise _cannot_write(target, error) from error
            except c2pa.C2paError as error:
                target.unlink()
                raise ProvenanceError(f"{source.name} cannot be signed: {_one_line(error)}") from error


def make_identity(folder: Path, *, clock: Now) -> LocalSigner:
    """Return the identity in `folder`, making it first if there is none.

    The folder appears whole or not at all (made beside its final name, then renamed), with mode 0700 and every file
    0600 from its first byte; of two processes that make it at once, one wins and both use it.

    Raises:
        ProvenanceError: the folder cannot be written, or holds an identity that cannot be used.
    """
    if not (folder / _SIGNER).exists():
        draft = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.part")
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            draft.mkdir(mode=0o700)
            _write_identity(draft, moment(clock.now()))
            draft.rename(folder)
        except OSError as error:
            if not (folder / _SIGNER).exists():
                raise ProvenanceError(f"no keys can be made in {folder}: {_one_line(error)}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return open_identity(folder, clock=clock)


def open_identity(folder: Path, *, clock: Now) -> LocalSigner:
    """Return the identity in `folder`; a leaf with less than 30 days left is renewed first.

    Raises:
        ProvenanceError: there is no identity, it cannot be read, or its root has expired.
    """
    root = _certificate(folder / _ROOT)
    now = moment(clock.now())
    if now >= root.not_valid_after_utc:
        raise ProvenanceError(
            f"the root certificate in {folder} expired on {root.not_valid_after_utc:%Y-%m-%d}: "
            "move the folder away and run circletake init"
        )
    _warn_if_open(folder)
    leaf = _leaf(folder)
    if now >= min(leaf.not_valid_after_utc, root.not_valid_after_utc) - _RENEW_BEFORE and (
        leaf.not_valid_after_utc < root.not_valid_after_utc
    ):
        leaf = _renew(folder, root, now)
    return LocalSigner(
        common_name=_common_name(leaf), root_pem=_pem(root), expires=leaf.not_valid_after_utc, folder=folder
    )


def _write_identity(folder: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    name = _name(f"circletake studio root {serial % 2**32:08x}")
    usage = _usage(certificates=True)
    subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    root = (
        _certificate_from(name, name, key.public_key(), serial=serial, now=now, life=_ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(subject, critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_secret(folder / _ROOT_KEY, _key_pem(key))
    _write_secret(folder / _ROOT, _pem(root).encode())
    _write_secret(folder / _SIGNER, _new_leaf(root, key, now))


def _new_leaf(root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey, now: datetime) -> bytes:
    """Return key, leaf and root as one PEM; the extensions are those that C2PA asks of a signing certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    name = _name(f"circletake studio signer {serial % 2**32:08x}")
    life = min(_LEAF_LIFE, root.not_valid_after_utc - now)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    leaf = (
        _certificate_from(name, root.subject, key.public_key(), serial=serial, now=now, life=life)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    return _key_pem(key) + _pem(leaf).encode() + _pem(root).encode()


def _renew(folder: Path, root: x509.Certificate, now: datetime) -> x509.Certificate:
    """Issue a new leaf under the same root, in place of the old one in one step."""
    draft = folder / f".{_SIGNER}.{uuid.uuid4().hex}.part"
    try:
        root_key = _key(folder / _ROOT_KEY, (folder / _ROOT_KEY).read_bytes())
        _write_secret(draft, _new_leaf(root, root_key, now))
        draft.replace(folder / _SIGNER)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ProvenanceError(f"the certificate in {folder} cannot be renewed: {_one_line(error)}") from error
    _log.info("signing certificate renewed in %s", folder)
    return _leaf(folder)


def _certificate_from(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    *,
    serial: int,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=issuer,
        public_key=key,
        serial_number=serial,
        not_valid_before=now - _BACKDATED,
        not_valid_after=now + life,
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "circletake studio (self-issued)")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_secret(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read, from its first byte; an existing file is never opened."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def _warn_if_open(folder: Path) -> None:
    for name in (_ROOT_KEY, _SIGNER):
        path = folder / name
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            _log.warning("%s can be read by others: run chmod 600 %s", path, path)


def _opened(film: Path) -> BinaryIO:
    try:
        return film.open("rb")
    except OSError as error:
        raise ProvenanceError(f"{film} cannot be read to be signed: {_one_line(error)}") from error


def _created(target: Path) -> BinaryIO:
    try:
        return target.open("x+b")
    except OSError as error:
        raise _cannot_write(target, error) from error


def _cannot_write(target: Path, error: Exception) -> HomeError:
    return HomeError(f"cannot write {target}: {_one_line(error)}; free space or permit writing")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ProvenanceError(f"there is no signing identity in {path.parent}: run circletake init") from error
    except OSError as error:
        raise ProvenanceError(f"{path} cannot be read: {_one_line(error)}") from error


def _certificate(path: Path) -> x509.Certificate:
    return _certificates(path)[0]


def _leaf(folder: Path) -> x509.Certificate:
    return _certificates(folder / _SIGNER)[0]


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError as error:
        raise ProvenanceError(f"{path} holds no readable certificate: restore it or run circletake init") from error


def _key_and_chain(path: Path) -> tuple[bytes, bytes]:
    """Return the leaf's key and the chain (leaf first), both PEM."""
    data = _read(path)
    chain = "".join(_pem(certificate) for certificate in _certificates(path))
    return _key_pem(_key(path, data)), chain.encode()


def _key(path: Path, data: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as error:
        raise ProvenanceError(f"{path} holds no readable key: restore it or run circletake init") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ProvenanceError(f"{path} holds no ECDSA key: restore it or run circletake init")
    return key


def _one_line(error: Exception) -> str:
    return " ".join((error.strerror if isinstance(error, OSError) and error.strerror else str(error)).split())
