#!/usr/bin/env python3
"""Makes the till's font files from Inter (Debian's package fonts-inter; needs fontTools):

    make.py /usr/share/fonts/opentype/inter .

What is changed: only European scripts and a few signs stay; curves become TrueType's; figures are tabular from the
start, since the screens can't ask for a font's features, and sums must stand below each other; the family has a name
of its own, so that a system's Inter is never taken for it.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

FAMILY = "Holdfast Sans"
WEIGHTS = {"Regular": 400, "SemiBold": 600, "Bold": 700}
SCRIPTS = [(0x20, 0x17F), (0x218, 0x21B), (0x370, 0x3FF), (0x400, 0x45F), (0x1E80, 0x1EFF), (0x2010, 0x2044)]
SIGNS = [0x20AC, 0x2116, 0x2122, 0x2190, 0x2191, 0x2192, 0x2193, 0x21A9, 0x21E7, 0x2212, 0x2248, 0x232B, 0x23CE, 0x25CF, 0x2713]


def tabular(font):
    """Which glyph stands for which where figures are tabular."""
    gsub = font["GSUB"].table
    lookups = {
        index
        for record in gsub.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for index in record.Feature.LookupListIndex
    }
    pairs = {}
    for index in sorted(lookups):
        for table in gsub.LookupList.Lookup[index].SubTable:
            table = getattr(table, "ExtSubTable", table)
            pairs.update(getattr(table, "mapping", {}))
    return pairs


def freeze(font):
    pairs = tabular(font)
    assert pairs, "no tabular figures"
    for table in font["cmap"].tables:
        for code, name in list(table.cmap.items()):
            if chr(code) in "0123456789.,:-+−€£$":
                table.cmap[code] = pairs.get(name, name)


def to_truetype(font):
    glyphs, order = font.getGlyphSet(), font.getGlyphOrder()
    drawn = {}
    for name in order:
        pen = TTGlyphPen(None)
        glyphs[name].draw(Cu2QuPen(pen, 1.0, reverse_direction=True))
        drawn[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = glyf = newTable("glyf")
    glyf.glyphOrder, glyf.glyphs = order, drawn
    for name in order:
        drawn[name].recalcBounds(glyf)
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    for field, value in {
        "maxZones": 1, "maxTwilightPoints": 0, "maxStorage": 0, "maxFunctionDefs": 0, "maxInstructionDefs": 0,
        "maxStackElements": 0, "maxSizeOfInstructions": 0, "maxComponentElements": 0, "maxComponentDepth": 0,
        "maxPoints": 0, "maxContours": 0, "maxCompositePoints": 0, "maxCompositeContours": 0,
    }.items():
        setattr(maxp, field, value)
    font["post"].formatType = 3.0
    for table in ("CFF ", "VORG"):
        if table in font:
            del font[table]
    font.sfntVersion = "\x00\x01\x00\x00"


def rename(font, weight):
    for record in list(font["name"].names):
        if record.nameID in (1, 16):
            record.string = FAMILY
        elif record.nameID in (3, 4, 6):
            record.string = f"{FAMILY} {weight}".replace(" ", "" if record.nameID == 6 else " ")
        elif record.nameID in (2, 17):
            record.string = weight
    font["OS/2"].usWeightClass = WEIGHTS[weight]


def main(source, target):
    for weight in WEIGHTS:
        font = TTFont(Path(source, f"Inter-{weight}.otf"))
        freeze(font)
        options = subset.Options()
        options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl"]
        options.hinting = False
        options.desubroutinize = True
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=[code for first, last in SCRIPTS for code in range(first, last + 1)] + SIGNS)
        subsetter.subset(font)
        to_truetype(font)
        rename(font, weight)
        font.save(Path(target, f"HoldfastSans-{weight}.ttf"))


if __name__ == "__main__":
    main(*sys.argv[1:3])
