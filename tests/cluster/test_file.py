"""cluster.yaml is read strictly: what cannot be worked through is said by its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster_scene import Maker, Scene
from kt_migrate.cluster.commands import commands
from kt_migrate.cluster.file import read_cluster
from kt_migrate.cluster.tasks import Work
from kt_migrate.errors import ConfigurationError

HEAD = "schema: kt-migrate-cluster/1\ncluster: NOORD\nenvironment: local\n"
A, B = "{domain: A, folder: A}", "{domain: B, folder: B}"


def wrong(scene: Scene, text: str) -> ConfigurationError:
    """Return what is said of a file."""
    path = scene.root / "cluster.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_cluster(path)
    return caught.value


def listed(*entries: str) -> str:
    """Return the lines of domains; the first is line 5."""
    return HEAD + "domains:\n" + "".join(f"  - {entry}\n" for entry in entries)


def test_a_cluster_is_read_with_its_folders_and_options(made: Maker) -> None:
    """Relative to the file; an algorithm of the cluster is that of every domain without one."""
    scene = made("A", "B")
    (scene.root / "noord.yaml").write_text("x", "utf-8")
    more = "{domain: B, folder: B, algorithm: small-practice, rate: 12.5, max_in_flight: 4}"
    text = listed(A, more).replace("domains:", "algorithm: noord.yaml\nworkers: 3\ndomains:")
    (scene.root / "cluster.yaml").write_text(text, "utf-8")

    cluster = read_cluster(scene.root / "cluster.yaml")

    assert (cluster.name, cluster.environment, cluster.workers) == ("NOORD", "local", 3)
    assert cluster.database == scene.root / ".cluster" / "engine.sqlite"
    assert [domain.folder for domain in cluster.domains] == [scene.root / "A", scene.root / "B"]
    env = ("--env", "local", "--json")
    noord = ("--algorithm", str(scene.root / "noord.yaml"))
    assert commands(cluster, cluster.domains[0], Work.PLAN) == (("plan", *env, *noord),)
    small = ("--algorithm", "small-practice")
    assert commands(cluster, cluster.domains[1], Work.TRIAL) == (
        ("trial", *env, *small, "--max-in-flight", "4", "--rate", "12.5"),
        ("verify", *env),
    )


WRONG = {
    "empty": (HEAD + "domains: []\n", "cluster.yaml:4:1", "there are no domains"),
    "production": (
        listed(A).replace("local", "prd2"),
        "cluster.yaml:3:1",
        "never works on production",
    ),
    "another environment": (
        listed(A, "{domain: B, folder: B, environment: mgr2}"),
        "cluster.yaml:6:28",
        "B: another environment",
    ),
    "production of one": (
        listed(A, "{domain: B, folder: B, environment: prd2}"),
        "cluster.yaml:6:28",
        "B: another environment",
    ),
    "a name twice": (
        listed(A, "{domain: A, folder: B}"),
        "cluster.yaml:6:6",
        "A: this domain stands here twice",
    ),
    "a folder twice": (
        listed(A, "{domain: B, folder: A/../A/}"),
        "cluster.yaml:6:17",
        "B: another domain of this cluster has the same working folder",
    ),
    "no folder": (
        listed(A, "{domain: C, folder: C}"),
        "cluster.yaml:6:17",
        "C: this is no working folder",
    ),
    "a folder of another": (
        listed("{domain: C, folder: A}"),
        "cluster.yaml:5:6",
        "C: the working folder is of another domain",
    ),
    "no algorithm": (
        listed("{domain: A, folder: A, algorithm: none.yaml}"),
        "cluster.yaml:5:28",
        "A: there is no such file",
    ),
    "no algorithm for all": (
        listed(A).replace("domains:", "algorithm: x/y\ndomains:"),
        "cluster.yaml:4:1",
        "there is no such file",
    ),
    "a password": (
        listed(A).replace("domains:", "database: postgresql://me:geheim@db.example/kt\ndomains:"),
        "cluster.yaml:4:1",
        "no password stands here",
    ),
    "a password of a key": (
        listed(A).replace("domains:", "database: postgresql:///kt?sslpassword=geheim\ndomains:"),
        "cluster.yaml:4:1",
        "no password stands here",
    ),
    "another kind of database": (
        listed(A).replace("domains:", "database: mysql://me@db.example/geheim\ndomains:"),
        "cluster.yaml:4:1",
        "the engine's database is a file",
    ),
    "an unknown key": (
        listed("{domain: A, folder: A, workers: 2}"),
        "cluster.yaml:5:28",
        "workers",
    ),
    "no workers": (
        listed(A).replace("domains:", "workers: 0\ndomains:"),
        "cluster.yaml:4:1",
        "workers",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_by_its_place(made: Maker, case: str) -> None:
    """By file, line and column; a password is not repeated."""
    text, where, what = WRONG[case]

    error = wrong(made("A", "B"), text)

    assert error.where == where
    assert f"{where}: " in error.what
    assert what in error.what
    assert "geheim" not in str(error) + error.where + error.fix


def test_a_link_does_not_make_one_folder_two(made: Maker) -> None:
    """What counts is where it really lies."""
    scene = made("A")
    (scene.root / "B").symlink_to(scene.root / "A")

    assert "the same working folder" in wrong(scene, listed(A, B)).what


def test_all_mistakes_are_told_at_once(made: Maker) -> None:
    """A line each."""
    error = wrong(made("A"), listed(A, A, "{domain: C, folder: C, environment: mgr2}"))

    assert len(error.what.splitlines()) == 4


def test_a_mistake_in_a_working_folder_is_told_with_its_own_place(made: Maker) -> None:
    """Of kt-migrate.yaml, below the line of cluster.yaml."""
    scene = made("A")
    path = scene.root / "A" / "kt-migrate.yaml"
    path.write_text(path.read_text("utf-8") + "domain: B\n", "utf-8")

    assert "cluster.yaml:5:17: A: kt-migrate.yaml:" in wrong(scene, listed(A)).what


def test_an_address_of_postgresql_is_none_of_a_file(made: Maker) -> None:
    """It is kept as it stands."""
    address = "postgresql://me@db.example/kt"
    path = made("A").write(database=address)

    assert read_cluster(Path(path)).database == address
