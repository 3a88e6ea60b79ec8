"""Pictures in folders, from a zip file."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tuner.data.pictures import decoding, folders
from tuner.data.pictures.decoding import PictureFacts, picture_array, picture_facts
from tuner.data.pictures.folders import common_shape
from tuner.data.profile import ColumnKind, target_profile, usual_target
from tuner.data.profiling import profile_table
from tuner.data.reading import ReadLimits, read_table
from tuner.data.upload import examine_file
from tuner.errors import InvalidDataset, TooLarge


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def plain(color: Any = "red", size: tuple[int, int] = (6, 4), mode: str = "RGB", kind: str = "PNG") -> bytes:
    return encoded(Image.new(mode, size, color), kind)


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pictures.zip"


def test_folders_are_labels_and_files_are_pictures(path: Path) -> None:
    zipped(
        path,
        {
            "pets/cat/1.png": plain("red"),
            "pets/cat/2.JPG": plain("blue", kind="JPEG"),
            "pets/dog/1.jpeg": plain("white", kind="JPEG"),
            "pets/dog/.hidden.png": b"",
            "pets/.cache/x.png": b"",
            "__MACOSX/pets/cat/._1.png": b"",
            "pets/Thumbs.db": b"",
            "pets/readme.txt": b"pets",
        },
    )

    frame = read_table(path)

    assert frame["label"].tolist() == ["cat", "cat", "dog"]
    assert [cell.shape for cell in frame["image"]] == [(4, 6, 3)] * 3
    assert frame["image"][0][0, 0].tolist() == [255, 0, 0]
    assert np.abs(frame["image"][1][0, 0].astype(int) - [0, 0, 255]).max() < 4


def test_label_is_predicted_unless_another_target_is_named(path: Path) -> None:
    zipped(path, {f"{label}/{index}.png": plain((index, 0, 0)) for label in ("a", "b") for index in range(5)})

    profile = examine_file(path).profile

    assert usual_target(profile) == "label"
    assert profile.column("image").kind is ColumnKind.IMAGE
    assert profile.column("image").shape == (4, 6, 3)


@pytest.mark.parametrize("count", [3, 30])
def test_folders_called_by_numbers_are_classes(path: Path, count: int) -> None:
    files = {f"{label}/{index}.png": plain((index, label, 0)) for label in range(count) for index in range(2)}

    profile = profile_table(read_table(zipped(path, files)))

    assert target_profile(profile, "label").classes == tuple(map(str, range(count)))


def test_pictures_of_many_sizes_get_the_median_size(path: Path) -> None:
    sizes = [(10, 20), (12, 22), (14, 60)]
    files = {f"{index % 2}/{index}.png": plain("red", size) for index, size in enumerate(sizes)}

    frame = read_table(zipped(path, files))

    assert {cell.shape for cell in frame["image"]} == {(22, 12, 3)}


def test_large_pictures_shrink_to_the_largest_side(path: Path) -> None:
    left_black = Image.new("L", (640, 320), 255)
    left_black.paste(0, (0, 0, 320, 320))

    frame = read_table(zipped(path, {"a/1.png": encoded(left_black), "b/1.jpg": encoded(left_black, "JPEG")}))

    assert {cell.shape for cell in frame["image"]} == {(64, 128, 1)}
    for cell in frame["image"]:
        assert cell[:, :60].max() < 10
        assert cell[:, 68:].min() > 245


def test_common_size_shrinks_with_the_number_of_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = [PictureFacts(100, 50, is_gray=False)] * 10
    assert common_shape(facts) == (100, 50, 3)

    monkeypatch.setattr(folders, "MAX_PIXEL_BYTES", 10 * 25 * 3 * 50)
    assert common_shape(facts) == (50, 25, 3)
    monkeypatch.setattr(folders, "MAX_PIXEL_BYTES", 1_000)
    with pytest.raises(TooLarge, match="10 pictures are too many"):
        common_shape(facts)


@pytest.mark.parametrize(
    ("content", "pixel"),
    [
        (plain(100, mode="L"), [100]),
        (plain(1, mode="1"), [255]),
        (encoded(Image.new("LA", (6, 4), (0, 0))), [255]),
        (encoded(Image.fromarray(np.full((4, 6), 0x8000, np.uint16))), [128]),
        (plain((1, 2, 3)), [1, 2, 3]),
        (plain((0, 0, 0, 0), mode="RGBA"), [255, 255, 255]),
        (plain((10, 20, 30, 255), mode="RGBA"), [10, 20, 30]),
        (encoded(Image.new("RGB", (6, 4), (10, 20, 30)).convert("P", palette=Image.Palette.ADAPTIVE)), [10, 20, 30]),
        (plain((0, 0, 0, 255), mode="CMYK", kind="JPEG"), [0, 0, 0]),
    ],
    ids=["gray", "1 bit", "transparent gray", "16 bit", "color", "transparent", "opaque", "palette", "cmyk"],
)
def test_every_mode_becomes_gray_or_color(content: bytes, pixel: list[int]) -> None:
    channels = 1 if picture_facts(content, "x").is_gray else 3

    array = picture_array(content, "x", 4, 6, channels)

    assert array.shape == (4, 6, len(pixel))
    assert array[2, 3].tolist() == pixel


def test_one_picture_in_color_makes_all_colored(path: Path) -> None:
    frame = read_table(zipped(path, {"a/1.png": plain(7, mode="L"), "b/1.png": plain((1, 2, 3))}))

    assert frame["image"][0][0, 0].tolist() == [7, 7, 7]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_exif_says(orientation: int) -> None:
    upright = Image.new("L", (30, 20), 255)
    upright.paste(0, (0, 0, 10, 10))
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(back[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(stored, "PNG", exif=exif)

    facts = picture_facts(content, "x")
    array = picture_array(content, "x", 20, 30, 1)[..., 0]

    assert (facts.height, facts.width) == (20, 30)
    assert array[:10, :10].max() == 0
    assert array[10:].min() == array[:, 10:].min() == 255


def test_folder_names_in_any_unicode_are_one_class_each(path: Path) -> None:
    composed, parted = unicodedata.normalize("NFC", "Äpfel"), unicodedata.normalize("NFD", "Äpfel")
    files = {f"{composed}/1.png": plain(), f"{parted}/2.png": plain(), "🍐 梨/1.png": plain()}

    assert read_table(zipped(path, files))["label"].tolist() == [composed, composed, "🍐 梨"]


def test_names_in_utf8_that_do_not_say_so_are_read(path: Path) -> None:
    zipped(path, {"grün/1.png": plain(), "rot/1.png": plain()})
    content = path.read_bytes()
    # The flag stands at 6 in local headers and at 8 in those of the index.
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(magic)
        content = content[: at + place + 1] + b"\0" + content[at + place + 2 :]
    path.write_bytes(content)

    assert read_table(path)["label"].tolist() == ["grün", "rot"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"1.png": plain(), "2.png": plain()}, "The 2 pictures lie in no folders"),
        ({"cat/1.png": plain(), "cat/2.png": plain()}, "All 2 pictures lie in one folder, 'cat'"),
        ({"cat/1.txt": b"", "dog/1.csv": b""}, "no pictures in it (.png, .jpg, .jpeg); it holds 2 other files"),
        ({}, "no pictures in it"),
        ({"cat/1.png": plain(), "dog/1.webp": b""}, "1 pictures are of kinds that are not read, such as 'dog/1.webp'"),
        ({"cat/1.png": plain(), "dog/../../1.png": plain()}, "a path that leads out of it"),
        ({"cat/1.png": plain(), "/dog/1.png": plain()}, "a path that leads out of it"),
        ({"cat/1.png": plain(), "C:/dog/1.png": plain()}, "a path that leads out of it"),
        ({"cat/1.png": plain(), "dog/1.png": b""}, "The file 'dog/1.png' is no PNG or JPEG picture"),
        ({"cat/1.png": plain(), "dog/1.png": b"GIF89a"}, "The file 'dog/1.png' is no PNG or JPEG picture"),
        (
            {"cat/1.png": plain(), "dog/1.png": encoded(Image.effect_noise((64, 64), 50))[:900]},
            "The picture 'dog/1.png' is damaged or cut short",
        ),
        (
            {"cat/1.png": plain(), "dog/1.jpg": encoded(Image.effect_noise((64, 64), 50), "JPEG")[:900]},
            "The picture 'dog/1.jpg' is damaged or cut short",
        ),
        (
            {"xl/workbook.xml": b"", "[Content_Types].xml": b""},
            "The file is an Excel workbook, neither CSV nor Parquet",
        ),
    ],
)
def test_unfit_archives_are_refused_with_a_hint(path: Path, files: dict[str, bytes], message: str) -> None:
    zipped(path, files)

    with pytest.raises(InvalidDataset) as refusal:
        read_table(path)

    assert message in refusal.value.message
    assert refusal.value.hint


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_100, 9_600, 20_000, 60_000])
def test_picture_that_unpacks_to_too_much_is_refused_by_name(path: Path, side: int) -> None:
    assert side**2 > decoding.MAX_PIXELS
    zipped(path, {"cat/1.png": plain(), "dog/1.png": png_that_claims(side, side)})

    with pytest.raises(TooLarge, match=r"The picture 'dog/1\.png' has more than 64,000,000 pixels"):
        examine_file(path)


def test_archive_with_too_many_files_is_refused(path: Path) -> None:
    zipped(path, {f"{index % 2}/{index}.png": plain() for index in range(12)})

    with pytest.raises(TooLarge, match="holds 12 files; at most 10 are allowed"):
        read_table(path, ReadLimits(max_files=10))


def test_archive_that_unpacks_to_too_much_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/1.png", plain() + b"\0" * 1_000_000)

    with pytest.raises(TooLarge, match="too much for a file of its size"):
        read_table(path, ReadLimits(harmless_bytes=1_000))
