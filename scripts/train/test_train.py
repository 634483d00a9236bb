"""Checks that reading a pack in one go gives what reading its examples alone gives, and that a file of
half the strength holds half of what was learned.

    python scripts/train/test_train.py        (seconds, no model file)
"""

import random
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from transformers import Qwen2Config, Qwen2ForCausalLM

import train


def tiny_model():
    torch.manual_seed(0)
    config = Qwen2Config(hidden_size=64, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
                         intermediate_size=128, vocab_size=500)
    lora = LoraConfig(r=4, target_modules=train.LINEARS, task_type="CAUSAL_LM", init_lora_weights=False)
    return get_peft_model(Qwen2ForCausalLM(config).float(), lora).eval()


def words(rng: random.Random, count: int) -> list[int]:
    return [rng.randrange(500) for _ in range(count)]


def converted(saved: Path, *flags: str) -> dict[str, np.ndarray]:
    out = saved / "adapter.gguf"
    convert = Path(__file__).with_name("convert.py")
    subprocess.run([sys.executable, convert, "--adapter", saved, "--out", out, *flags],
                   check=True, capture_output=True)
    return {tensor.name: tensor.data.copy() for tensor in gguf.GGUFReader(out).tensors}


def check_strength() -> None:
    with tempfile.TemporaryDirectory() as place:
        saved = Path(place)
        tiny_model().save_pretrained(saved)
        whole, half = converted(saved), converted(saved, "--strength", "0.5")
        assert whole.keys() == half.keys() and whole
        for name, value in whole.items():
            share = 0.5 if name.endswith("lora_b") else 1.0
            np.testing.assert_allclose(half[name], value * share, rtol=2e-3, atol=1e-6)


@torch.no_grad()
def main() -> None:
    check_strength()
    model, rng = tiny_model(), random.Random(1)
    shared = words(rng, 50)
    examples = [train.Encoded(shared + words(rng, 5 + n), words(rng, 4 + 2 * n), n % 2 == 0, True) for n in range(4)]
    prefix = train.shared_prefix(examples)
    assert prefix[:50] == shared
    _, loss, _, chance = train.pack_loss(model, train.Pack("p", "ja", False, prefix, examples), 3, 1.0, "cpu", torch.float32)
    for number, example in enumerate(examples):
        logits = model(input_ids=torch.tensor([example.prompt + example.target])).logits[0].float()
        answer = logits[len(example.prompt) - 1:-1]
        alone = F.cross_entropy(answer, torch.tensor(example.target))
        torch.testing.assert_close(loss[number], alone, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(chance[number], answer[0].softmax(-1)[3], rtol=1e-3, atol=1e-6)
    assert train.auroc([(0.9, True), (0.5, False), (0.5, True)]) == 0.75
    print("packed and single readings agree, half a strength is half")


if __name__ == "__main__":
    main()
