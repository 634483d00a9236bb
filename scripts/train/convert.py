"""Writes a PEFT adapter as the GGUF file that the service loads.

    python scripts/train/convert.py --adapter dist/train/run/best --out adapters/grounded/adapter.gguf

Two tensors per linear layer, named after the base model's (llama.cpp, convert_lora_to_gguf.py);
the scale is alpha / rank and computed by the reader. Qwen2 needs no permutation of heads. With
--strength below 1 what was learned is added in part, which keeps more of what the base knew for some of
the skill (weight-space ensembles, Wortsman et al. 2022, arXiv 2109.01903).
Prints the figures that the passport records.
"""

import argparse
import hashlib
import json
import re
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
TENSOR = re.compile(r"layers\.(\d+)\.(\w+\.\w+)\.lora_([AB])\.weight$")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--adapter", required=True, type=Path, help="folder saved by train.py")
    parser.add_argument("--out", required=True, type=Path, help="GGUF file to write")
    parser.add_argument("--strength", type=float, default=1.0, help="share of what was learned, above 0, at most 1")
    parser.add_argument("--architecture", default="qwen2")
    arguments = parser.parse_args()

    config = json.loads((arguments.adapter / "adapter_config.json").read_text(encoding="utf-8"))
    if config.get("use_dora") or config.get("use_rslora") or config.get("bias", "none") != "none":
        raise SystemExit("only plain LoRA without biases can be converted")
    tensors = load_file(arguments.adapter / "adapter_model.safetensors")

    partial = arguments.out.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, arguments.architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(config["lora_alpha"]))
    for name in sorted(tensors):
        match = TENSOR.search(name)
        if match is None or match[2] not in NAMES:
            raise SystemExit(f"{name}: not a LoRA tensor of a known linear layer")
        value = tensors[name]
        if not np.isfinite(value).all():
            raise SystemExit(f"{name}: not finite, the training went wrong")
        if match[3] == "B":
            value = value * arguments.strength
        writer.add_tensor(
            f"blk.{match[1]}.{NAMES[match[2]]}.weight.lora_{match[3].lower()}", value.astype(np.float16)
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(arguments.out)

    data = arguments.out.read_bytes()
    print(json.dumps({
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "rank": config["r"],
        "alpha": config["lora_alpha"],
        "targets": sorted(config["target_modules"]),
    }))


if __name__ == "__main__":
    main()
