from pathlib import Path

import pytest

from tools.keycloak.distribution import KeycloakToolError, check_hash


def test_another_file_than_the_one_of_the_tests_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "keycloak.zip"
    archive.write_bytes(b"something else")
    with pytest.raises(KeycloakToolError, match=r"keycloak\.zip has the SHA-256 .* is not used"):
        check_hash(archive)
