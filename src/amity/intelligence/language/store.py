"""A trained model as bytes and back: arrays and JSON only (no pickle), the same training the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from amity.base.errors import Refused
from amity.intelligence.language.features import Describer, Features, thawed_ngrams
from amity.intelligence.language.heads import Head, Heads, Linear
from amity.intelligence.language.intent import Intents
from amity.intelligence.language.resemblance import Kernel, Machine
from amity.intelligence.language.tuned import Tuned

FORMAT = 3  # 1 kept the vectors of examples, 2 which landmarks are examples, 3 perhaps a tuned network
_MOST = 512 * 1024**2  # bytes of an artefact


@dataclass(frozen=True, slots=True)
class Reader:
    """A model, and how sharp its chances and its floor are in each language that enough was held out of."""

    model: Intents
    sharpness: dict[str, float] = field(default_factory=dict)
    floors: dict[str, float] = field(default_factory=dict)


def packed(reader: Reader) -> tuple[bytes, str]:
    """Compressed bytes, and the SHA-256 of what they hold. Raises `Refused` above 512 MiB."""
    arrays: dict[str, Any] = {}
    model, heads = reader.model, reader.model.heads.heads
    said = {
        "format": FORMAT, "encoders": list(model.describer.encoders), "floor": _json(model.floor),
        "best": list(model.best), "nearness": list(model.nearness), "classes": [str(each) for each in model.classes],
        "heads": [
            _frozen_head(f"head{i}", head, heads[i - 1] if i else None, arrays) for i, head in enumerate(heads)
        ],
        "terms": [_frozen_terms(name, getattr(model.describer, name), arrays) for name in ("words", "letters")],
        "sharpness": reader.sharpness, "floors": {name: _json(each) for name, each in reader.floors.items()},
    }  # fmt: skip
    arrays["weights"] = model.weights
    arrays["examples"] = model.examples
    arrays["said"] = np.frombuffer(json.dumps(said, sort_keys=True, ensure_ascii=False).encode(), dtype=np.uint8)
    written = io.BytesIO()
    np.savez(written, **arrays)
    raw = written.getvalue()
    if len(raw) > _MOST:
        raise Refused("too_large", "The model is too large to be kept; learn from fewer messages.")
    return zlib.compress(raw, 1), hashlib.sha256(raw).hexdigest()


def unpacked(artefact: bytes, digest: str) -> Reader:
    """The model in ``artefact``; raises `Refused` where it is not what was kept."""
    unzip = zlib.decompressobj()
    raw = unzip.decompress(bytes(artefact), _MOST)
    if unzip.unconsumed_tail or hashlib.sha256(raw).hexdigest() != digest:
        raise Refused("bad_artefact", "The stored model is damaged. Learn anew, or put an earlier version to work.")
    with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
        said = json.loads(arrays["said"].tobytes().decode())
        if said["format"] > FORMAT:
            raise Refused("newer_artefact", "A newer Amity learned this model. Update Amity, or learn anew.")
        encoders = tuple(said["encoders"])
        heads: list[Head] = []
        for each in said["heads"]:
            heads.append(_thawed_head(each, heads, arrays, len(encoders)))
        terms = [_thawed_terms(each, arrays) for each in said["terms"]]
        examples = arrays["examples"] if said["format"] > 1 else np.ones(_landmarks(heads), dtype=bool)
        weights, pieces = arrays["weights"], any(isinstance(head, Tuned) for head in heads)
    classes = np.asarray(said["classes"])
    nothing = Heads(
        tuple(heads), np.zeros((len(heads), 0, len(classes))), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    )
    model = Intents(
        classes, Describer(*thawed_ngrams(*terms), encoders, pieces), nothing, weights, examples, tuple(said["best"]),
        tuple(said["nearness"]), _number(said["floor"]),
    )  # fmt: skip
    return Reader(model, said["sharpness"], {name: _number(each) for name, each in said["floors"].items()})


def _frozen_head(name: str, head: Head, before: Head | None, arrays: dict[str, Any]) -> dict[str, Any]:
    if isinstance(head, Linear):
        arrays[f"{name}.weights"], arrays[f"{name}.biases"] = head.weights.astype(np.float32), head.biases
        return {"name": name, "kind": "linear"}
    if isinstance(head, Tuned):
        arrays |= {f"{name}.{part}": each for part, each in head.kept.items()}
        return {"name": name, "kind": "tuned", "parts": sorted(head.kept)}
    arrays[f"{name}.weights"] = head.weights
    if isinstance(before, Machine) and before.landmarks is head.landmarks:
        return {"name": name, "kind": "beside"}
    grams = head.landmarks.ngrams
    arrays |= {f"{name}.data": grams.data, f"{name}.indices": grams.indices, f"{name}.indptr": grams.indptr}
    for place, part in enumerate(head.landmarks.vectors):
        arrays[f"{name}.vectors{place}"] = part
    kernel = head.kernel
    return {"name": name, "kind": "machine", "shape": list(grams.shape), "shares": [float(s) for s in kernel.shares],
            "sharpness": kernel.sharpness, "doubt": kernel.doubt}  # fmt: skip


def _thawed_head(said: dict[str, Any], before: list[Head], arrays: Any, encoders: int) -> Head:
    name = said["name"]
    if said["kind"] == "beside" and isinstance(before[-1], Machine):
        return replace(before[-1], weights=arrays[f"{name}.weights"])
    if said["kind"] == "linear":
        return Linear(arrays[f"{name}.weights"], arrays[f"{name}.biases"])
    if said["kind"] == "tuned":
        return Tuned({part: arrays[f"{name}.{part}"] for part in said["parts"]})
    parts = (arrays[f"{name}.data"], arrays[f"{name}.indices"], arrays[f"{name}.indptr"])
    marks = Features(
        sp.csr_matrix(parts, shape=tuple(said["shape"])),
        tuple(arrays[f"{name}.vectors{place}"] for place in range(encoders)),
    )
    kernel = Kernel(tuple(said["shares"]), said["sharpness"], said["doubt"])
    return Machine(kernel, marks, arrays[f"{name}.weights"])


def _landmarks(heads: list[Head]) -> int:
    return len(heads[0].landmarks) if isinstance(heads[0], Machine) else 0


def _frozen_terms(name: str, vectorizer: Any, arrays: dict[str, Any]) -> dict[str, Any]:
    arrays[f"{name}.rarity"] = vectorizer.idf_
    return {"name": name, "terms": sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.get)}


def _thawed_terms(said: dict[str, Any], arrays: Any) -> tuple[list[str], Any]:
    return said["terms"], arrays[f"{said['name']}.rarity"]


def _json(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _number(value: float | None) -> float:
    return -np.inf if value is None else float(value)
