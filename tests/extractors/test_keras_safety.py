import json
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import h5py
import pytest
from keras_zoo import ARMED, KerasZoo

from donkey_activations.errors import ModelError
from donkey_activations.extractors import graph_operators, keras_configs
from donkey_activations.extractors.keras_safety import refuse_stored_code
from donkey_activations.extractors.pilot_format import PilotFormat


@pytest.mark.parametrize("name", ARMED)
def test_an_armed_pilot_is_refused_before_any_of_its_code_has_run(
    keras_zoo: KerasZoo, name: str
) -> None:
    outcome = keras_zoo.refused(name)
    assert outcome.error is not None
    assert not outcome.code_ran
    what = {"armed_graph": "operator WriteFile", "armed_import": "Python module armed_module"}
    assert what.get(name.partition(".")[0], "layer sneaky is a Lambda") in outcome.error
    for way in ("--trust-model", "ACTIVATIONS_TRUST_MODEL = True", "trust_model=True"):
        assert way in outcome.error
    assert "\n" not in outcome.error


def layer(class_name: str, name: str = "sneaky", **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": name, **config}}


def network(*layers: dict[str, Any]) -> dict[str, Any]:
    plain = layer("Conv2D", "conv2d_1", filters=8, activation="relu")
    return {"class_name": "Functional", "config": {"name": "linear", "layers": [plain, *layers]}}


def function(module: str, name: str) -> dict[str, Any]:
    return {"class_name": "function", "module": module, "config": name, "registered_name": name}


DUMPED = ["4wEAAAAAAAAA", None, None]


@pytest.mark.parametrize(
    "armed",
    [
        layer("Lambda", function=DUMPED, function_type="lambda"),
        layer("Lambda", function="relu", function_type="function"),
        layer("TimeDistributed", layer=layer("Lambda", function=DUMPED)),
        {**layer("Innocent"), "module": "keras.layers", "registered_name": "Lambda"},
        layer("Dense", activation={"class_name": "__lambda__", "config": {"value": DUMPED}}),
        layer("ResidualWrapper", residual_fn=DUMPED),
        layer("ResidualWrapper", residual_fn="4wEA", residual_fn_type="lambda"),
        layer("Dense", anything=[{"deep": [DUMPED]}]),
        layer("TFSMLayer", filepath="/tmp/other"),
        layer("TorchModuleWrapper", module="gASV"),
        layer("StringLookup", vocabulary="/etc/passwd"),
        {**layer("Dense"), "module": "subprocess"},
        {**layer("Dense"), "module": "keras.utils"},
        {**layer("Dense"), "module": "keras.src.saving.saving_lib"},
        {**layer("os.system"), "module": "keras.src.engine.functional"},
        layer("Dense", activation=function("os", "system")),
        layer("Dense", activation=function("keras.utils", "get_file")),
        layer("Dense", activation=function("keras.src.engine.training", "os.system")),
        layer("Dense", activation=function("keras.activations", "tf.io.write_file")),
        layer("ClassMethod", function="tf.RaggedTensor"),
        layer("TFOpLambda", function="io.write_file"),
        layer("TFOpLambda", function="raw_ops.WriteFile"),
        layer("TFOpLambda", function="numpy_function"),
        layer("TFOpLambda", function="compat.v1.py_func"),
        layer("TFOpLambda", function="saved_model.load"),
        layer("TFOpLambda", function="load_op_library"),
        layer("TFOpLambda", function="keras.utils.get_file"),
        layer("SlicingOpLambda", function="train.load_checkpoint"),
        layer("TFOpLambda"),
        layer("TensorFlowOpLayer", node_def={"name": "x", "op": "WriteFile"}),
        layer("TensorFlowOpLayer", node_def="\n\x01x\x12\tWriteFile"),
    ],
    ids=lambda armed: json.dumps(armed)[:70],
)
def test_a_configuration_that_could_do_harm_is_refused_with_the_layers_name(
    armed: dict[str, Any],
) -> None:
    with pytest.raises(ModelError, match="sneaky"):
        keras_configs.refuse(network(armed))
    with pytest.raises(ModelError, match="sneaky"):
        keras_configs.refuse(network(layer("Sequential", "inner", layers=[armed])))


@pytest.mark.parametrize(
    "harmless",
    [
        layer("TFOpLambda", function="math.truediv"),
        layer("TFOpLambda", function="nn.relu6"),
        layer("TFOpLambda", function="image.resize"),
        layer("TFOpLambda", function="reshape"),
        layer("TFOpLambda", function="compat.v1.transpose"),
        layer("SlicingOpLambda", function="__operators__.getitem"),
        layer("TensorFlowOpLayer", node_def={"name": "x", "op": "RealDiv"}),
        layer("Dense", activation=function("builtins", "relu")),
        {**layer("Rescaling"), "module": "keras.layers", "registered_name": None},
        {**layer("Functional"), "module": "keras.src.engine.functional"},
        layer("Dense", inbound_nodes=[[["conv2d_1", 0, 0, {}]]]),
        layer("HomeMade"),
    ],
    ids=lambda harmless: json.dumps(harmless)[:70],
)
def test_plain_operations_and_keras_own_classes_are_let_through(harmless: dict[str, Any]) -> None:
    keras_configs.refuse(network(harmless))


def test_a_nesting_made_deep_on_purpose_is_read_to_its_end() -> None:
    config: Any = layer("Lambda")
    for _ in range(50_000):
        config = [config]
    with pytest.raises(ModelError, match="sneaky"):
        keras_configs.refuse(config)


@pytest.mark.parametrize(
    "operator",
    [
        "ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc",
        "TFRecordDataset", "PrintV2", "DebugIdentityV2", "CreateSummaryFileWriter", "RemoteCall",
        "InitializeTableFromTextFileV2", "ImmutableConst", "SaveV2", "RestoreV2", "DecodeProtoV2",
    ],
)  # fmt: skip
def test_operators_that_reach_beyond_the_network_are_known(operator: str) -> None:
    assert graph_operators.is_unsafe(operator)


@pytest.mark.parametrize(
    "operator",
    ["Conv2D", "ReadVariableOp", "StatefulPartitionedCall", "TensorListSetItem", "While", "Assert"],
)
def test_operators_of_plain_networks_are_let_through(operator: str) -> None:
    assert not graph_operators.is_unsafe(operator)


def field(number: int, content: bytes) -> bytes:
    size = len(content)
    return bytes([number << 3 | 2, size & 0x7F | 0x80, size >> 7]) + content


def stored_function(name: str, operator: str, takes_text: bool) -> bytes:
    argument = field(2, field(1, b"given") + bytes([3 << 3, 7 if takes_text else 1]))
    signature = field(1, name.encode()) + argument
    node = field(1, b"node") + field(2, operator.encode())
    return field(1, signature) + field(3, node)


def stored_graph(*functions: bytes) -> bytes:
    library = b"".join(field(1, one) for one in functions)
    return field(2, field(2, field(2, library)))


def test_only_the_savers_own_function_may_write_weights() -> None:
    def find(*functions: bytes) -> str | None:
        return graph_operators.find_unsafe(stored_graph(*functions))

    assert find(stored_function("traced_save", "SaveV2", takes_text=True)) is None
    assert find(stored_function("call", "SaveV2", takes_text=False)) == "SaveV2"
    calling = stored_function("call", "traced_save", takes_text=False)
    assert find(stored_function("traced_save", "SaveV2", takes_text=True), calling) == "SaveV2"
    assert find(stored_function("call", "PyFunc", takes_text=True)) == "PyFunc"


def with_other_files(file: h5py.File, way: str, elsewhere: Path) -> None:
    if way == "link":
        file["layers/kernel"] = h5py.ExternalLink(str(elsewhere), "/secret")
    elif way == "virtual":
        layout = h5py.VirtualLayout((3,), "f4")
        layout[:] = h5py.VirtualSource(str(elsewhere), "secret", (3,))
        file.create_virtual_dataset("layers/kernel", layout)
    else:
        file.create_dataset("layers/kernel", (3,), "f4", external=[(str(elsewhere), 0, 12)])


@pytest.mark.parametrize("way", ["link", "virtual", "external"])
def test_an_hdf5_that_reads_another_file_is_refused_on_its_own_and_inside_others(
    way: str, tmp_path: Path
) -> None:
    file = tmp_path / "pilot.weights"
    with h5py.File(file, "w") as opened:
        opened["plain"] = [1.0]
        opened["ring"] = opened["/"]
        opened["soft"] = h5py.SoftLink("/plain")
        with_other_files(opened, way, tmp_path / "elsewhere.h5")
    with pytest.raises(ModelError, match=r"layers/kernel.*another file"):
        refuse_stored_code(file, PilotFormat.HDF5)
    (tmp_path / "pilot.json").write_text(json.dumps(network()))
    with pytest.raises(ModelError, match=r"layers/kernel.*another file"):
        refuse_stored_code(tmp_path / "pilot.json", PilotFormat.JSON_AND_WEIGHTS)
    with zipfile.ZipFile(tmp_path / "pilot.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(network()))
        archive.write(file, "model.weights.h5")
    with pytest.raises(ModelError, match=r"layers/kernel.*another file"):
        refuse_stored_code(tmp_path / "pilot.keras", PilotFormat.KERAS_ZIP)


@pytest.mark.parametrize("name", ["assets/vocabulary", "assets/state.pkl"])
def test_a_pickle_among_the_assets_is_refused(
    keras_zoo: KerasZoo, name: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "pilot.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(network()))
        archive.writestr(name, pickle.dumps({"a": 1}))
    with pytest.raises(ModelError, match=f"{name}.*pickle"):
        refuse_stored_code(tmp_path / "pilot.keras", PilotFormat.KERAS_ZIP)
    folder = tmp_path / "pilot.savedmodel"
    shutil.copytree(keras_zoo.folder / "plain.savedmodel", folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ModelError, match=f"{name}.*pickle"):
        refuse_stored_code(folder, PilotFormat.SAVED_MODEL)


def test_weights_that_begin_like_a_pickle_are_no_pickle(
    keras_zoo: KerasZoo, tmp_path: Path
) -> None:
    folder = tmp_path / "pilot.savedmodel"
    shutil.copytree(keras_zoo.folder / "plain.savedmodel", folder)
    (folder / "variables" / "variables.data-00000-of-00001").write_bytes(b"\x80\x03 numbers")
    refuse_stored_code(folder, PilotFormat.SAVED_MODEL)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
@pytest.mark.parametrize("suffix", [".h5", ".keras", ".savedmodel"])
def test_a_file_cut_short_is_a_model_error(
    keras_zoo: KerasZoo, suffix: str, share: float, tmp_path: Path
) -> None:
    source, pilot = keras_zoo.folder / f"plain{suffix}", tmp_path / f"torn{suffix}"
    shutil.copytree(source, pilot) if source.is_dir() else shutil.copy(source, pilot)
    torn = pilot / "saved_model.pb" if pilot.is_dir() else pilot
    whole = torn.read_bytes()
    torn.write_bytes(whole[: int(len(whole) * share)])
    formats = {".h5": PilotFormat.HDF5, ".keras": PilotFormat.KERAS_ZIP}
    with pytest.raises(ModelError, match="damaged"):
        refuse_stored_code(pilot, formats.get(suffix, PilotFormat.SAVED_MODEL))


def test_a_configuration_in_chunks_or_bytes_is_read_like_any_other(tmp_path: Path) -> None:
    armed = json.dumps(network(layer("Lambda")))
    for number, stored in enumerate((armed, armed.encode(), h5py.Empty("S1"))):
        file = tmp_path / f"{number}.h5"
        with h5py.File(file, "w") as opened:
            opened.attrs["model_config"] = stored
        said = "damaged" if number == 2 else "sneaky"
        with pytest.raises(ModelError, match=said):
            refuse_stored_code(file, PilotFormat.HDF5)


def test_a_tflite_needs_no_look(tmp_path: Path) -> None:
    refuse_stored_code(tmp_path / "none.tflite", PilotFormat.TFLITE)


@pytest.mark.parametrize(
    ("name", "size_mb", "message"),
    [
        ("config.json", 65, "64 MB of JSON"),
        pytest.param("model.weights.h5", 3000, "2 GB of weights", marks=pytest.mark.slow),
    ],
)
def test_an_archive_that_unpacks_to_far_more_than_a_pilot_is_refused_before_it_does(
    name: str, size_mb: int, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "{}")
        with archive.open(name, "w", force_zip64=True) as entry:
            for _ in range(size_mb):
                entry.write(bytes(1 << 20))
    with pytest.raises(ModelError, match=message):
        refuse_stored_code(path, PilotFormat.KERAS_ZIP)


def test_weights_that_are_packed_to_far_less_than_they_are_count_as_they_are(
    tmp_path: Path,
) -> None:
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(network())
        group = file.create_group("model_weights/dense")
        group.create_dataset("kernel:0", (1 << 30,), "f4", chunks=(1 << 20,), compression=9)
    with pytest.raises(ModelError, match=r"2 GB of weights, got 4\.0 GB"):
        refuse_stored_code(tmp_path / "bomb.h5", PilotFormat.HDF5)
