"""Reads files of each format with programs that are not ours, and prints what they hold as JSON."""

import json
import sys
from fractions import Fraction

import duckdb
import opentimelineio as otio
import pandas
from pympi.Elan import Eaf
from xml.etree import ElementTree


def elan(stem):
    document = Eaf(f"{stem}.eaf")
    tiers = {tier: sorted(document.get_annotation_data_for_tier(tier)) for tier in document.get_tier_names()}
    links = [link["RELATIVE_LINK_URL"] for link in document.linked_file_descriptors]
    source = ElementTree.parse(f"{stem}_tsconf.xml").getroot().find("tracksource")
    tracks = {track.get("name"): int(track.find("sample-position/pos").get("col")) for track in source.iter("track")}
    series = pandas.read_csv(f"{stem}.timeseries.csv")
    columns = {name: list(series.columns)[column] for name, column in tracks.items()}
    return {"tiers": tiers, "links": links, "source": source.get("source-url"), "columns": columns, "rows": len(series)}


def timeline(path):
    read = otio.adapters.read_from_file(path)
    clips = list(read.find_clips())
    return {
        "start": read.global_start_time and read.global_start_time.to_timecode(),
        "clips": [
            [clip.name, clip.source_range.start_time.value, clip.source_range.duration.value, clip.source_range.start_time.rate]
            for clip in clips
        ],
        "markers": [marker.name for track in read.tracks for marker in track.markers],
        "shots": [clip.metadata.get("affectline", {}).get("arousal") for clip in clips],
    }


def edit_list(path, rate):
    clips = list(otio.adapters.read_from_file(path, rate=float(Fraction(rate))).find_clips())
    return [[clip.name, clip.source_range.start_time.to_timecode(), clip.source_range.duration.value] for clip in clips]


def emotion_ml(path):
    space = {"e": "http://www.w3.org/2009/10/emotionml"}
    root = ElementTree.parse(path).getroot()
    return {
        "vocabulary": [item.get("name") for item in root.findall("e:vocabulary/e:item", space)],
        "traces": {
            dimension.get("name"): [dimension.find("e:trace", space).get("freq"), dimension.find("e:trace", space).get("samples")]
            for dimension in root.findall("e:emotion[1]/e:dimension", space)
        },
        "references": [[r.get("uri"), r.get("role")] for r in root.findall("e:emotion/e:reference", space)],
    }


def tables(parquet, csv):
    by_duckdb = duckdb.sql(f"select film, time, valence, arousal_low, valence_of_sound from '{parquet}' order by film, time")
    by_pandas = pandas.read_csv(csv)
    return {
        "parquet": by_duckdb.fetchall(),
        "csv": by_pandas[["film", "time", "valence", "arousal_low", "valence_of_sound"]].astype(object).where(lambda d: d.notna(), None).values.tolist(),
        "types": [str(kind) for kind in by_duckdb.types],
    }


def counts(parquet, csv):
    groups = duckdb.sql(f"select count(distinct row_group_id) from parquet_metadata('{parquet}')").fetchall()[0][0]
    rows, films = duckdb.sql(f"select count(*), count(distinct film) from '{parquet}'").fetchall()[0]
    return {"parquet": [rows, films, groups], "csv": len(pandas.read_csv(csv))}


reader = {"elan": elan, "timeline": timeline, "edit_list": edit_list, "emotion_ml": emotion_ml, "tables": tables, "counts": counts}
print(json.dumps(reader[sys.argv[1]](*sys.argv[2:])))
