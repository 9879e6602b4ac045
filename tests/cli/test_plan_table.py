from pathlib import Path

import numpy as np
import pytest
from drawn_frames import draw_frame
from stock_pilot import StockPilot

from donkey_activations import open_extractor
from donkey_activations.cli.plan_table import lines
from donkey_activations.graphs.workload.workload import Workload
from donkey_activations.planning.description import describe
from donkey_activations.planning.drive_loop import LoopTimes
from donkey_activations.planning.latency import Latency
from donkey_activations.planning.page import draw_page
from donkey_activations.planning.plan import Plan, PlanOptions, SizePlan, WholePilot
from donkey_activations.planning.recording import Recording
from donkey_activations.planning.sample_frames import SampleFrames, drawn
from donkey_activations.resolution import Resolution

SMALL, WIDE, TALL = Resolution(160, 120), Resolution(640, 360), Resolution(120, 160)
WORK = Workload(8_143_200, 1824, 434_304)
SLOW, QUICK = Latency(61.0, 90.0, 100), Latency(8.0, 12.0, 1000)


def size_plan(
    pilot: StockPilot, resolution: Resolution, times: Latency, *, whole: bool = True
) -> SizePlan:
    """Real layers, and figures that nobody has measured."""
    size = None if resolution == SMALL else resolution.image_hw
    extractor = open_extractor(pilot.tflite, size=size)
    return SizePlan(
        resolution=resolution,
        extractor=extractor,
        layer_workloads=(WORK,) * len(extractor.layers),
        maps_workload=WORK,
        maps_latency=times,
        whole=WholePilot(WORK, 818_348, 3_273_072, times) if whole else None,
        drive=LoopTimes(times),
        drive_with_mosaics=LoopTimes(times, 20, 20),
        recording=Recording(5000.0, 200.0, 100_000.0, enlarged=False),
    )


def plan_of(sizes: list[SizePlan], sample: SampleFrames, **refused: str) -> Plan:
    words = {Resolution.parse(name.strip("_")): reason for name, reason in refused.items()}
    options = PlanOptions(rate_hz=20.0, every_n_frames=5, threads=1)
    return Plan(
        Path("pilot.tflite"), SMALL, options, sample, tuple(sizes), tuple(words.items()), cores=2
    )


@pytest.fixture
def sample(tmp_path: Path) -> SampleFrames:
    return SampleFrames(tuple(draw_frame(n) for n in range(3)), tub_path=tmp_path)


def test_the_page_fits_80_columns_however_many_sizes_there_are(
    stock_pilot: StockPilot, sample: SampleFrames
) -> None:
    sizes = [size_plan(stock_pilot, Resolution(160 + n, 120), SLOW) for n in range(1, 8)]
    text = lines(plan_of(sizes, sample, _40x30_="the network does not run at 40x30, " * 3))
    assert [line for line in text if len(line) > 80] == []
    assert all(any(str(size.resolution) in line for line in text) for size in sizes)


def test_the_largest_size_that_holds_the_rate_is_the_line_to_paste(
    stock_pilot: StockPilot, sample: SampleFrames
) -> None:
    both = [size_plan(stock_pilot, SMALL, QUICK), size_plan(stock_pilot, WIDE, QUICK)]
    assert "    IMAGE_W, IMAGE_H = 640, 360" in lines(plan_of(both, sample))
    one = [both[0], size_plan(stock_pilot, WIDE, SLOW)]
    assert "    IMAGE_W, IMAGE_H = 160, 120" in lines(plan_of(one, sample))
    none = plan_of([size_plan(stock_pilot, WIDE, SLOW)], sample)
    assert lines(none)[-1].startswith("none of these holds 20 Hz")
    assert (describe(none)["largest"], describe(none)["myconfig"]) == (None, None)


def test_the_line_to_paste_is_what_donkeycar_reads(
    stock_pilot: StockPilot, sample: SampleFrames, tmp_path: Path
) -> None:
    from donkeycar.config import load_config

    plan = plan_of([size_plan(stock_pilot, WIDE, QUICK)], sample)
    (tmp_path / "config.py").write_text("IMAGE_W = 160\nIMAGE_H = 120\n")
    (tmp_path / "myconfig.py").write_text(f"{describe(plan)['myconfig']}\n")
    cfg = load_config(str(tmp_path / "config.py"))
    assert (cfg.IMAGE_W, cfg.IMAGE_H) == (640, 360)


@pytest.mark.parametrize(
    ("times", "verdict"), [(QUICK, "yes"), (Latency(40.0, 60.0, 100), "nearly"), (SLOW, "no")]
)
def test_the_verdict_is_plain(
    times: Latency, verdict: str, stock_pilot: StockPilot, sample: SampleFrames
) -> None:
    text = lines(plan_of([size_plan(stock_pilot, SMALL, times)], sample))
    assert next(line for line in text if "holds 20 Hz?" in line).split()[-1] == verdict


def test_width_and_height_swapped_by_habit_are_told(
    stock_pilot: StockPilot, sample: SampleFrames
) -> None:
    remarks = describe(plan_of([size_plan(stock_pilot, TALL, QUICK)], sample))["remarks"]
    assert remarks == [
        "120x160 is 120 wide and 160 high; the pilot was trained at 160x120: width comes first"
    ]


def test_enlarged_and_stretched_frames_are_told(
    stock_pilot: StockPilot, sample: SampleFrames
) -> None:
    remarks = describe(plan_of([size_plan(stock_pilot, WIDE, QUICK)], sample))["remarks"]
    assert remarks == [
        "640x360: larger than the frames (160x120); enlarging adds no detail, and a camera's own "
        "JPEGs take more",
        "640x360: of other proportions than the frames (160x120), which are stretched",
    ]
    assert describe(plan_of([size_plan(stock_pilot, WIDE, QUICK)], drawn()))["remarks"] == []


def test_a_pilot_without_its_dense_layers_says_so(
    stock_pilot: StockPilot, sample: SampleFrames
) -> None:
    plan = plan_of([size_plan(stock_pilot, SMALL, QUICK, whole=False)], sample)
    assert describe(plan)["sizes"][0]["pilot"] is None
    assert "convolutions alone" in describe(plan)["remarks"][-1]
    row = next(line for line in lines(plan) if line.startswith("pilot: weights"))
    assert row.split()[-1] == "-"


def test_json_has_height_before_width_and_the_share_of_the_view(
    stock_pilot: StockPilot, sample: SampleFrames
) -> None:
    layer = describe(plan_of([size_plan(stock_pilot, SMALL, QUICK)], sample))["sizes"][0]["layers"][
        1
    ]
    assert (layer["height"], layer["width"], layer["filters"]) == (27, 37, 32)
    assert layer["receptive_field"] == (13, 13)
    assert layer["share_of_view"] == pytest.approx(13 * 13 / (120 * 160))


def test_the_disk_lasts_as_long_as_the_rate_lets_it(
    stock_pilot: StockPilot, sample: SampleFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    usage = shutil.disk_usage("/")._replace(free=20 * 60 * 25_200 * 90)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    text = lines(plan_of([size_plan(stock_pilot, SMALL, QUICK)], sample))
    assert next(line for line in text if "disk lasts" in line).split()[-2:] == ["90", "min"]


def test_the_page_shows_each_size_above_its_figures(
    stock_pilot: StockPilot, sample: SampleFrames
) -> None:
    sizes = [size_plan(stock_pilot, SMALL, QUICK), size_plan(stock_pilot, WIDE, SLOW)]
    page = draw_page(plan_of(sizes, sample))
    assert (page.dtype, page.shape[1:]) == (np.uint8, (1920, 3))
    figures = page[-300:]
    left, right = figures[:, :960], figures[:, 960:]
    assert left.std() > 5
    assert not np.array_equal(left, right)
