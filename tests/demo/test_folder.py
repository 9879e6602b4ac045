import pytest

from donkey_activations.demo.folder import MARKER, only_one, open_folder
from donkey_activations.errors import ConfigError
from donkey_activations.resolution import Resolution

DEFAULT, WIDE = Resolution(160, 120), Resolution(320, 180)


def test_a_new_folder_is_made_and_known_again(tmp_path):
    path = tmp_path / "deep" / "demo-car"
    assert open_folder(path, WIDE, DEFAULT).resolution == WIDE
    assert open_folder(path, None, DEFAULT).resolution == WIDE
    assert open_folder(path, WIDE, DEFAULT).path == path


def test_an_empty_folder_may_be_used(tmp_path):
    assert open_folder(tmp_path, None, DEFAULT).resolution == DEFAULT


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "manage.py").write_text("mine")
    with pytest.raises(ConfigError, match="nothing was changed, give another --path"):
        open_folder(tmp_path, None, DEFAULT)
    assert [path.name for path in tmp_path.iterdir()] == ["manage.py"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "demo-car").write_text("")
    with pytest.raises(ConfigError, match="got the file"):
        open_folder(tmp_path / "demo-car", None, DEFAULT)


def test_another_resolution_needs_another_path_and_the_message_names_one(tmp_path):
    path = tmp_path / "demo-car"
    open_folder(path, DEFAULT, DEFAULT)
    with pytest.raises(ConfigError, match=r"160x120.*got 320x180.*--path \S+demo-car-320x180"):
        open_folder(path, WIDE, DEFAULT)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"kind": "x"}', '{"kind": "donkey-activations demo", "resolution": "big"}'],
)
def test_a_marker_of_somebody_else_is_not_taken_for_ours(tmp_path, text):
    (tmp_path / MARKER).write_text(text)
    with pytest.raises(ConfigError, match="expected the marker of a demo"):
        open_folder(tmp_path, None, DEFAULT)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="give another --path"):
        open_folder(tmp_path / "file" / "demo-car", None, DEFAULT)


def test_a_second_demo_in_the_same_folder_is_kept_out_while_the_first_runs(tmp_path):
    folder = open_folder(tmp_path / "demo-car", None, DEFAULT)
    with (
        only_one(folder),
        pytest.raises(ConfigError, match="another demo at work"),
        only_one(folder),
    ):
        pass
    with only_one(folder):
        pass
