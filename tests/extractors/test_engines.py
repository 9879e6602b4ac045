"""Which graphs are run, and which never are."""

from copy import copy
from pathlib import Path
from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema
from changed_graphs import changed
from stock_pilot import StockPilot

from donkey_activations import ModelError, open_extractor


def put_in_after_the_first(model: Any, operator: str) -> None:
    """Send the maps of the first convolution through an operator of TensorFlow's."""
    main, code, added = model.subgraphs[0], schema.OperatorCodeT(), schema.OperatorT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode = operator.encode()
    model.operatorCodes.append(code)
    first, second = main.operators[:2]
    main.tensors.append(copy(main.tensors[first.outputs[0]]))
    added.opcodeIndex = len(model.operatorCodes) - 1
    added.inputs, added.outputs = [first.outputs[0]], [len(main.tensors) - 1]
    second.inputs = [added.outputs[0], *second.inputs[1:]]
    main.operators.insert(1, added)


@pytest.mark.parametrize("operator", ["FlexPyFunc", "FlexEagerPyFunc", "FlexReadFile"])
def test_an_operator_that_reaches_beyond_the_network_is_never_run(
    operator: str, stock_pilot: StockPilot, tmp_path: Path
) -> None:
    content = stock_pilot.tflite.read_bytes()
    pilot = tmp_path / "pilot.tflite"
    pilot.write_bytes(changed(content, lambda model: put_in_after_the_first(model, operator)))
    with pytest.raises(ModelError, match=f"the operator {operator} reaches out of the network"):
        open_extractor(pilot, trust_model=True)
