"""Serve a tiny llama with random weights by llama.cpp's own HTTP server.

    python random_llama.py MODEL.gguf [--grammar TEXT]

Runs in an environment of its own with `gguf` and `xllamacpp`; prints one line of JSON with
its URL, then serves until its stdin ends. The model has never been trained: it answers
nonsense at the speed of a real one, by a protocol that was written by others.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import gguf
import numpy as np
import xllamacpp

WIDTH, LAYERS, HEADS, INNER, CONTEXT = 64, 2, 4, 128, 16_384
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: "
)


def main() -> None:
    """Write the model if it is not there, and serve it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("--grammar", default="")
    options = parser.parse_args()
    if not options.model.exists():
        write_model(options.model)
    params = xllamacpp.CommonParams()
    params.model.path = str(options.model)
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_ctx, params.n_parallel = CONTEXT, 1
    params.chat_template = TEMPLATE
    params.sampling.seed = 7
    if options.grammar:
        kind = xllamacpp.common_grammar_type.COMMON_GRAMMAR_TYPE_USER
        params.sampling.grammar = xllamacpp.CommonGrammar(kind, options.grammar)
    server = xllamacpp.Server(params)
    print(json.dumps({"url": f"{server.listening_address}/v1"}), flush=True)
    sys.stdin.read()


def write_model(path: Path) -> None:
    """Write random weights, a vocabulary of bytes and printable ASCII."""
    tokens, kinds = vocabulary()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    for name, weights in tensors(len(tokens)):
        writer.add_tensor(name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def vocabulary() -> tuple[list[bytes], list[int]]:
    """Return the tokens with their kinds: three of control, all bytes, ASCII."""
    control = [(b"<unk>", UNKNOWN), (b"<s>", CONTROL), (b"</s>", CONTROL)]
    by_byte = [(f"<0x{n:02X}>".encode(), BYTE) for n in range(256)]
    ascii_ = [(chr(n).encode(), NORMAL) for n in range(33, 127)]
    space = [("\u2581".encode(), NORMAL)]
    pairs = control + by_byte + ascii_ + space
    return [token for token, _ in pairs], [kind for _, kind in pairs]


def tensors(size: int) -> list[tuple[str, np.ndarray]]:
    """Return every tensor of the model, drawn with a fixed seed."""
    chance = np.random.default_rng(7)

    def drawn(*shape: int) -> np.ndarray:
        return (chance.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    one = np.ones(WIDTH, np.float32)
    found = [("token_embd.weight", drawn(size, WIDTH)), ("output_norm.weight", one)]
    found.append(("output.weight", drawn(size, WIDTH)))
    for n in range(LAYERS):
        found += [(f"blk.{n}.{kind}_norm.weight", one) for kind in ("attn", "ffn")]
        for kind in ("attn_q", "attn_k", "attn_v", "attn_output"):
            found.append((f"blk.{n}.{kind}.weight", drawn(WIDTH, WIDTH)))
        found.append((f"blk.{n}.ffn_gate.weight", drawn(INNER, WIDTH)))
        found.append((f"blk.{n}.ffn_up.weight", drawn(INNER, WIDTH)))
        found.append((f"blk.{n}.ffn_down.weight", drawn(WIDTH, INNER)))
    return found


if __name__ == "__main__":
    main()
