"""A release: from the commit alone, and a changed wheel is found by the documented command."""

import subprocess
import zipfile
from pathlib import Path

import pytest

import release
from tests.packaging.building import copy

SOURCES = (
    *("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md"),
    *("generated", "overrides", "scripts/hatch_build.py"),
)


@pytest.fixture(scope="module")
def commit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository of its own with the sources of a release in one commit."""
    root = tmp_path_factory.mktemp("repository")
    for name in SOURCES:
        copy(name, root / name)
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "All")):
        subprocess.run(("git", *words), cwd=root, check=True)
    return root


@pytest.fixture
def built(commit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the wheel that this commit builds."""
    monkeypatch.setattr(release, "ROOT", commit)
    monkeypatch.setattr(release, "PACKAGES", tmp_path / "packages")
    monkeypatch.setattr(release, "RELEASE", tmp_path)
    (commit / "overrides" / "stray.py").write_text("not in the commit", encoding="utf-8")
    wheel, sdist = release.build_twice()
    assert (wheel.suffix, sdist.suffixes[-2:]) == (".whl", [".tar", ".gz"])
    return wheel


@pytest.mark.ci
def test_a_wheel_is_verified_and_a_changed_one_is_found(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The wheel of the commit passes; a changed file in it is named, and so is another archive."""
    assert release.check_wheel(built) > 10
    release.verify([built])
    assert "verified" in capsys.readouterr().out

    changed = built.with_name("changed") / built.name
    changed.parent.mkdir()
    with zipfile.ZipFile(built) as source, zipfile.ZipFile(changed, "w") as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename.endswith("/request_refund.py"):
                content = content.replace(b"is_read=False", b"is_read=True ")
            target.writestr(info, content)
    with pytest.raises(release.Refused, match=r"request_refund\.py is not what the RECORD"):
        release.check_wheel(changed)
    with pytest.raises(release.Refused, match=r"differs from .*: .*orders/request_refund\.py"):
        release.verify([changed])

    repacked = changed.with_name("repacked") / built.name
    repacked.parent.mkdir()
    repacked.write_bytes(built.read_bytes() + b"\0")
    with pytest.raises(release.Refused, match="its archive"):
        release.verify([repacked])
    repacked.write_bytes(b"")
    with pytest.raises(release.Refused, match="not a wheel"):
        release.verify([repacked])
    with pytest.raises(release.Refused, match="builds chessa-"):
        release.verify([built.with_name("other-1.whl")])


def test_what_keeps_a_commit_from_an_upload_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changes, a changelog without the version, fragments and placeholders are each named."""
    monkeypatch.setattr(release, "ROOT", tmp_path)
    subprocess.run(("git", "init", "-q", tmp_path), check=True)
    (tmp_path / "changelog.d").mkdir()
    (tmp_path / "changelog.d" / "+x.new.md").write_text("x", encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text("## 1.0 (unreleased)\n\n- a\n\n## 0.9\n\n- b\n", "utf-8")
    (tmp_path / "pyproject.toml").write_text("https://x.example/y", encoding="utf-8")
    found = " ".join(release.shortcomings("1.0"))
    for words in ("has changes", "says that 1.0 is unreleased", "has fragments", "placeholders"):
        assert words in found
    assert "no section for 2.0" in " ".join(release.shortcomings("2.0"))
    assert release.notes_of("1.0") == "- a"
    assert release.notes_of("0.9") == "- b"
