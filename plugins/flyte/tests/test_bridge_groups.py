"""Which peers have plugins here."""

from site_folder import Site

from fairlead_flyte.bridge.groups import PeerGroup, used_groups


def test_groups_are_read_from_metadata(tmp_path, monkeypatch):
    """A group is used where an installed distribution has it, whatever else is installed."""
    site = Site(tmp_path)
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    site.add("other", entry_points="[console_scripts]\nx = y:z\n")
    site.add("undecodable")
    (tmp_path / "undecodable-1.0.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe")
    assert used_groups() == []
    site.add("acme", entry_points="[flyte.connectors]\nacme = acme:Acme\n")
    assert used_groups() == [PeerGroup.FLYTE]
    site.add("acme2", entry_points="[flytekit.plugins]\nacme = acme\n")
    assert used_groups() == [PeerGroup.FLYTEKIT, PeerGroup.FLYTE]
