import hashlib
import json
from pathlib import Path

import fastexcel
import openpyxl
import polars as pl
import pyogrio
import pyogrio.raw
import pytest
import shapely
from click.testing import CliRunner

from fangge.command.generate import command
from fangge.fusion.actions.generate import FolderTaken, write_district
from fangge.fusion.adapters.extracts import FILES


def write(folder: Path, *, seed: int = 1, noise: str = "hard") -> Path:
    write_district(folder=folder, n_residents=3_000, seed=seed, noise=noise, tell=lambda _: None)
    return folder


def digest_files(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("made") / "district")


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert set(digest_files(folder)) == set(FILES)
    assert digest_files(folder) == digest_files(write(tmp_path / "again"))


def test_another_seed_gives_another_district(folder: Path, tmp_path: Path) -> None:
    other = digest_files(write(tmp_path / "other", seed=2))
    assert not set(digest_files(folder).values()) & set(other.values())


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(FolderTaken, match="not a generated district"):
        write(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


def test_a_district_with_something_of_yours_in_it_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "district")
    (tmp_path / "district" / "notes.txt").write_text("mine")
    with pytest.raises(FolderTaken):
        write(tmp_path / "district")
    assert (tmp_path / "district" / "notes.txt").read_text() == "mine"


def test_an_older_district_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "district")
    write(tmp_path / "district", noise="none")
    assert json.loads((tmp_path / "district" / "district.json").read_text())["noise"] == "none"
    assert [file.name for file in tmp_path.iterdir()] == ["district"]


def test_the_police_file_is_gb18030_with_chinese_headers(tmp_path: Path) -> None:
    text = (write(tmp_path / "d", noise="none") / "police_population.csv").read_bytes()
    lines = text.decode("gb18030").split("\r\n")
    assert lines[0].startswith("人员编号,姓名,性别,民族,出生日期,公民身份号码")
    assert {line.count(",") for line in lines[:-1]} == {11}


def test_lines_that_are_to_be_broken_are_and_no_others(folder: Path) -> None:
    truth = pl.read_parquet(folder / "truth.parquet").filter(source="police_population")
    lines = (folder / "police_population.csv").read_bytes().split(b"\r\n")[1:-1]
    assert len(lines) == truth.height
    seen: dict[str, list[int]] = {"bytes_undecodable": [], "columns_missing": []}
    for row, line in enumerate(lines, start=1):
        text = line.decode("gb18030", errors="replace")
        if "\ufffd" in text:
            seen["bytes_undecodable"].append(row)
        elif text.count(",") != 11:
            seen["columns_missing"].append(row)
    for kind, rows in seen.items():
        told = truth.filter(pl.col("noise").list.contains(kind))
        assert told["row_no"].to_list() == rows
        assert told["broken"].all()
        assert rows


def test_the_market_file_begins_with_a_byte_order_mark(folder: Path) -> None:
    text = (folder / "market_organisations.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert text.decode("utf-8-sig").startswith("统一社会信用代码,单位名称")


def test_two_libraries_read_the_same_workbook(folder: Path) -> None:
    path = folder / "housing_dwellings.xlsx"
    fast = fastexcel.read_excel(path).load_sheet("房屋", dtypes="string").to_polars()
    book = openpyxl.load_workbook(path, read_only=True)
    header, *rows = book["房屋"].iter_rows(values_only=True)
    book.close()
    assert list(header) == fast.columns
    assert [tuple(row) for row in rows] == fast.rows()
    assert (
        fast.height
        == json.loads((folder / "district.json").read_text())["rows"]["housing_dwellings"]
    )


def test_points_and_outlines_are_in_the_national_system(folder: Path) -> None:
    for name, kind in (("addresses", "Point"), ("areas", "Polygon")):
        told = pyogrio.read_info(folder / f"{name}.gpkg", layer=name)
        assert (told["crs"], told["geometry_type"]) == ("EPSG:4490", kind)
    shapes = pyogrio.raw.read(folder / "areas.gpkg")[2]
    assert shapely.is_valid(shapely.from_wkb(shapes)).all()


def test_the_command_prints_a_summary_for_machines(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        command, ["--residents", "500", "--out", str(tmp_path / "d"), "--json"]
    )
    told = json.loads(done.stdout)
    assert told["counts"]["residents"] == 500
    assert told["seconds"]["all"] > 0


def test_the_command_says_why_it_will_not_write(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    done = CliRunner().invoke(command, ["--residents", "500", "--out", str(tmp_path)])
    assert done.exit_code == 1
    assert "Name another folder" in done.output
