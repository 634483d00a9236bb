"""Trains a LoRA adapter on examples; `kakehashi adapters train NAME` calls it.

    python scripts/train/train.py --base MODEL.gguf --examples dist/train/examples.jsonl --out dist/train/run

The base is the very file that is served: its quantised weights are unpacked and frozen, so the
adapter learns to correct what the service runs rather than the original it was made from.

The examples of a pack share their passages. Their common beginning is read once and each question
continues it on a branch of its own (the attention mask keeps branches apart), which gives the same
loss as reading every example alone for a third of the work or less.

Rehearsal examples teach nothing: on them the adapter is held to what the base model says
(Kullback-Leibler divergence of the base's next word, after Learning without Forgetting, Li and Hoiem
2016, arXiv 1606.09282).

A run that was stopped goes on from its last checkpoint when started again with the same --out.
With --init an adapter that exists is trained further instead of starting from nothing.
"""

import argparse
import hashlib
import json
import math
import os
import random
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

# What the libraries say of their own loading is of no use to who trains; read when they are imported.
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
warnings.filterwarnings("ignore", module="(transformers|peft)\\.")

import gguf
import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from transformers import AutoModelForCausalLM, AutoTokenizer

from convert import NAMES

LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
WITHHOLD_WORD = "UNKNOWN"  # src/answer/prompt.ts; encode() refuses examples that disagree


@dataclass
class Encoded:
    prompt: list[int]
    target: list[int]
    withheld: bool
    reading: bool


@dataclass
class Pack:
    name: str
    lang: str
    rehearsal: bool
    prefix: list[int]
    examples: list[Encoded]

    def length(self) -> int:
        return len(self.prefix) + sum(
            len(e.prompt) - len(self.prefix) + len(e.target) for e in self.examples
        )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", required=True, type=Path, help="GGUF file of the base model")
    parser.add_argument("--examples", required=True, type=Path, help="JSON lines, src/adapters/data/shapes.ts")
    parser.add_argument("--out", required=True, type=Path, help="folder for checkpoints and result")
    parser.add_argument("--init", type=Path, default=None,
                        help="adapter (GGUF) to train further; same rank and layers as this run")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--alpha", type=int, default=16)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--weight-decay", type=float, default=0.0)
    parser.add_argument("--first-layer", type=int, default=0,
                        help="adapt this layer and those above: below it nothing is learned and no gradient flows")
    parser.add_argument("--epochs", type=float, default=1.0, help="passes over the packs; 0.5 is half a pass")
    parser.add_argument("--learning-rate", type=float, default=2e-4, help="peak, cosine to a tenth")
    parser.add_argument("--warmup", type=int, default=8, help="steps up to the peak")
    parser.add_argument("--examples-per-step", type=int, default=8, help="at least; whole packs")
    parser.add_argument("--minutes", type=float, default=0,
                        help="end after so long even if packs are left; the learning rate falls in step with it")
    parser.add_argument("--gate-weight", type=float, default=1.0,
                        help="weight of the loss on withholding or not, at the first answer position")
    parser.add_argument("--max-tokens", type=int, default=1800, help="longer packs are split")
    parser.add_argument("--evaluate-every", type=int, default=40, help="steps between looks at the held part; the best adapter is kept. 0: never, the last is")
    parser.add_argument("--checkpoint-every", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default=None,
                        help="defaults to bfloat16 on CUDA and float32 on CPU, where bfloat16 is "
                        "slower unless the processor has instructions for it")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--stop-after", type=int, default=0, help="end after so many steps, to measure speed")
    return parser.parse_args()


def render(messages: list[dict[str, str]]) -> tuple[str, str]:
    """Prompt and target in ChatML, token for token what the service's chat wrapper writes."""
    *prompt, answer = messages
    assert answer["role"] == "assistant"
    text = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in prompt)
    return f"{text}<|im_start|>assistant\n", f"{answer['content']}<|im_end|>"


def encode(example: dict, tokenizer) -> Encoded:
    prompt, target = render(example["messages"])
    withheld = example["kind"] in ("withheld", "absent")
    if withheld != target.startswith(WITHHOLD_WORD):
        raise SystemExit(f"{example['id']}: the kind and the withholding word disagree")
    ids = lambda text: tokenizer(text, add_special_tokens=False).input_ids  # noqa: E731
    return Encoded(ids(prompt), ids(target), withheld, example["kind"] in ("answer", "withheld", "absent"))


def read_packs(path: Path, split: str, tokenizer, max_tokens: int) -> list[Pack]:
    by_name: dict[str, list[dict]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        example = json.loads(line)
        if example["split"] == split:
            by_name.setdefault(example["pack"], []).append(example)
    packs = []
    for name, examples in by_name.items():
        waiting = [encode(example, tokenizer) for example in examples]
        of_pack = (name, examples[0]["lang"], examples[0]["kind"] == "rehearsal")
        while waiting:
            taken = [waiting.pop(0)]
            pack = Pack(*of_pack, shared_prefix(taken), taken)
            while waiting:
                wider = Pack(*of_pack, shared_prefix([*taken, waiting[0]]), [*taken, waiting[0]])
                if wider.length() > max_tokens:
                    break
                taken.append(waiting.pop(0))
                pack = wider
            packs.append(pack)
    return packs


def shared_prefix(examples: list[Encoded]) -> list[int]:
    """Longest common beginning of the prompts; at least one prompt token stays on each branch."""
    first = examples[0].prompt
    end = min(len(e.prompt) for e in examples) - 1
    for e in examples[1:]:
        while e.prompt[:end] != first[:end]:
            end -= 1
            while end > 0 and e.prompt[end - 1] != first[end - 1]:
                end -= 1
    return first[:end]


def lay_out(pack: Pack, device: str, dtype: torch.dtype):
    """One row of tokens: the prefix, then each example's branch with positions counted on from it."""
    tokens, positions, branch = list(pack.prefix), list(range(len(pack.prefix))), [0] * len(pack.prefix)
    predict, targets, owner, first = [], [], [], []
    for number, example in enumerate(pack.examples, start=1):
        rest = example.prompt[len(pack.prefix):]
        start = len(tokens)
        body = rest + example.target[:-1]
        tokens += body
        positions += range(len(pack.prefix), len(pack.prefix) + len(body))
        branch += [number] * len(body)
        answer_at = start + len(rest) - 1
        first.append(len(predict))
        predict += range(answer_at, answer_at + len(example.target))
        targets += example.target
        owner += [number - 1] * len(example.target)
    size = len(tokens)
    at = torch.arange(size, device=device)
    of = torch.tensor(branch, device=device)
    seen = (at[:, None] >= at[None, :]) & ((of[:, None] == of[None, :]) | (of[None, :] == 0))
    mask = torch.zeros(size, size, dtype=dtype, device=device).masked_fill(~seen, torch.finfo(dtype).min)
    as_tensor = lambda values: torch.tensor(values, device=device)  # noqa: E731
    return (as_tensor(tokens)[None], as_tensor(positions)[None], mask[None, None],
            as_tensor(predict), as_tensor(targets), as_tensor(owner), as_tensor(first))


def pack_loss(model, pack: Pack, withhold_token: int, gate_weight: float, device: str, dtype: torch.dtype):
    """Mean loss per example, and the withholding probability of each reading example."""
    tokens, positions, mask, predict, targets, owner, first = lay_out(pack, device, dtype)

    def answer_logits():
        inner = model.get_base_model()
        hidden = inner.model(input_ids=tokens, position_ids=positions, attention_mask=mask,
                             use_cache=False).last_hidden_state[0]
        # The output layer is a third of the model's work; only answer positions need it.
        return inner.lm_head(hidden[predict]).float()

    logits = answer_logits()
    if pack.rehearsal:
        with torch.no_grad(), model.disable_adapter():
            base = F.log_softmax(answer_logits(), dim=-1)
        token_loss = F.kl_div(F.log_softmax(logits, dim=-1), base, reduction="none", log_target=True).sum(-1)
    else:
        token_loss = F.cross_entropy(logits, targets, reduction="none")
    count = torch.zeros(len(pack.examples), device=device).index_add_(0, owner, torch.ones_like(token_loss))
    words = torch.zeros(len(pack.examples), device=device).index_add_(0, owner, token_loss) / count

    reading = torch.tensor([e.reading for e in pack.examples], device=device)
    withheld = torch.tensor([e.withheld for e in pack.examples], device=device)
    log_withhold = F.log_softmax(logits[first], dim=-1)[:, withhold_token]
    log_answer = torch.log1p(-log_withhold.exp().clamp(max=1 - 1e-6))
    gate = -torch.where(withheld, log_withhold, log_answer) * reading
    loss = (words + gate_weight * gate).mean()
    return loss, words.detach(), gate.detach(), log_withhold.exp().detach()


def auroc(scores: list[tuple[float, bool]]) -> float:
    """Chance that a withheld case scores above an answerable one; ties count half."""
    positive = [s for s, withheld in scores if withheld]
    negative = [s for s, withheld in scores if not withheld]
    if not positive or not negative:
        return float("nan")
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / (len(positive) * len(negative))


@torch.no_grad()
def evaluate(model, packs: list[Pack], arguments, withhold_token: int, dtype) -> dict[str, float]:
    model.eval()
    total, count, scores = 0.0, 0, {"ja": [], "en": []}
    for pack in packs:
        _, words, gate, chance = pack_loss(
            model, pack, withhold_token, arguments.gate_weight, arguments.device, dtype)
        total += float((words + arguments.gate_weight * gate).sum())
        count += len(pack.examples)
        scores[pack.lang] += [(float(c), e.withheld) for c, e in zip(chance, pack.examples) if e.reading]
    model.train()
    result = {"loss": total / count}
    for lang, pairs in scores.items():
        if not pairs:
            continue
        result[f"auroc_{lang}"] = auroc(pairs)
        for name, wanted in (("withheld_right", True), ("withheld_wrongly", False)):
            part = [s > 0.5 for s, withheld in pairs if withheld == wanted]
            if part:
                result[f"{name}_{lang}"] = sum(part) / len(part)
    # Without withheld examples there is nothing to separate, and JSON knows no NaN.
    return {key: round(value, 4) for key, value in result.items() if not math.isnan(value)}


def plan_steps(packs: list[Pack], epochs: float, examples_per_step: int, seed: int) -> list[list[Pack]]:
    """The packs of each step, known in advance so that a resumed run continues the same plan."""
    order: list[int] = []
    rng = random.Random(seed)
    wanted = round(len(packs) * epochs)
    while len(order) < wanted:
        # Languages and rehearsal are spread evenly, so that a run cut short has learned all alike.
        placed = []
        for sort in sorted({(pack.lang, pack.rehearsal) for pack in packs}):
            part = [index for index, pack in enumerate(packs) if (pack.lang, pack.rehearsal) == sort]
            rng.shuffle(part)
            placed += [((at + 0.5) / len(part), sort, index) for at, index in enumerate(part)]
        order += [index for _, _, index in sorted(placed)]
    plan: list[list[Pack]] = [[]]
    for index in order[:wanted]:
        if sum(len(pack.examples) for pack in plan[-1]) >= examples_per_step:
            plan.append([])
        plan[-1].append(packs[index])
    return plan


def learning_rate_at(step: int, progress: float, warmup: int, peak: float) -> float:
    """Linear up to `peak`, then a cosine of `progress` (0..1) down to a tenth of it."""
    rising = min(1.0, (step + 1) / max(1, warmup))
    return peak * rising * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def read_adapter(path: Path, model) -> dict[str, torch.Tensor]:
    """The tensors of a GGUF adapter (convert.py) under the names they have in `model`."""
    linears = {theirs: ours for ours, theirs in NAMES.items()}
    found = {}
    for tensor in gguf.GGUFReader(path).tensors:
        _, layer, linear, _, side = tensor.name.split(".")
        side = side.removeprefix("lora_").upper()
        found[f"base_model.model.model.layers.{layer}.{linears[linear]}.lora_{side}.weight"] = (
            torch.from_numpy(tensor.data.copy()).float())
    wanted = {name: value.shape for name, value in get_peft_model_state_dict(model).items()}
    if {name: value.shape for name, value in found.items()} != wanted:
        raise SystemExit(f"{path}: other layers or another rank than this run; see --rank, --first-layer")
    return found


def save_atomically(value, path: Path) -> None:
    partial = path.with_suffix(".partial")
    torch.save(value, partial)
    partial.replace(path)


def main() -> None:
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(arguments.seed)
    if arguments.device == "cpu":
        torch.set_num_threads(arguments.threads)
    dtype = getattr(torch, arguments.dtype or ("bfloat16" if arguments.device.startswith("cuda") else "float32"))

    folder, name = str(arguments.base.parent), arguments.base.name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    alone, followed = (tokenizer(text).input_ids for text in (WITHHOLD_WORD, f"{WITHHOLD_WORD} x"))
    if alone[0] != followed[0]:
        raise SystemExit(f"the first token of {WITHHOLD_WORD} changes with what follows it")
    withhold_token = alone[0]
    train = read_packs(arguments.examples, "train", tokenizer, arguments.max_tokens)
    held = read_packs(arguments.examples, "held", tokenizer, arguments.max_tokens)
    plan = plan_steps(train, arguments.epochs, arguments.examples_per_step, arguments.seed)
    steps = len(plan)
    single = sum(len(e.prompt) + len(e.target) for p in train for e in p.examples)
    packed = sum(p.length() for p in train)
    print(f"{sum(len(p.examples) for p in train)} examples in {len(train)} packs, {packed} tokens "
          f"instead of {single}; {sum(len(p.examples) for p in held)} held; {steps} steps", flush=True)

    print("unpacking the base model", flush=True)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=dtype).to(arguments.device)
    model = get_peft_model(model, LoraConfig(
        r=arguments.rank, lora_alpha=arguments.alpha, lora_dropout=arguments.dropout,
        target_modules=LINEARS, task_type="CAUSAL_LM",
        layers_to_transform=list(range(arguments.first_layer, model.config.num_hidden_layers))))
    if arguments.init is not None:
        set_peft_model_state_dict(model, read_adapter(arguments.init, model))
    weights = [p for p in model.parameters() if p.requires_grad]
    for weight in weights:
        weight.data = weight.data.float()
    optimizer = torch.optim.AdamW(weights, lr=arguments.learning_rate, betas=(0.9, 0.98), weight_decay=arguments.weight_decay)

    checkpoint, step, best, log, before = arguments.out / "checkpoint.pt", 0, float("inf"), [], 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=arguments.device, weights_only=True)
        set_peft_model_state_dict(model, state["adapter"])
        optimizer.load_state_dict(state["optimizer"])
        step, best, log, before = state["step"], state["best"], state["log"], state["seconds"]
        print(f"resumed at step {step} of {steps}", flush=True)

    model.train()
    started, tokens_done = time.monotonic(), 0
    elapsed = lambda: before + time.monotonic() - started  # noqa: E731
    limit = arguments.minutes * 60 or float("inf")
    finished = step >= steps
    while not finished:
        progress = max(step / steps, elapsed() / limit)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_at(step, progress, arguments.warmup, arguments.learning_rate)
        count = sum(len(pack.examples) for pack in plan[step])
        shown = [0.0, 0.0]
        for pack in plan[step]:
            share = len(pack.examples) / count
            loss, words, gate, _ = pack_loss(
                model, pack, withhold_token, arguments.gate_weight, arguments.device, dtype)
            (loss * share).backward()
            shown[0] += float(words.mean()) * share
            shown[1] += float(gate.mean()) * share
            tokens_done += pack.length()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        speed = tokens_done / (time.monotonic() - started)
        left = sum(pack.length() for packs in plan[step:] for pack in packs) / speed
        print(f"step {step}/{steps} words {shown[0]:.3f} gate {shown[1]:.3f} {speed:.0f} tokens/s, "
              f"{min(left, limit - elapsed()) / 60:.1f} min left", flush=True)
        finished = step == steps or elapsed() >= limit
        if step == arguments.stop_after:
            return
        looks = arguments.evaluate_every > 0
        if looks and (step % arguments.evaluate_every == 0 or finished):
            figures = evaluate(model, held, arguments, withhold_token, dtype)
            log.append({"step": step, **figures})
            print(json.dumps(log[-1]), flush=True)
            if figures["loss"] < best:
                best = figures["loss"]
                model.save_pretrained(arguments.out / "best")
        elif finished and not looks:
            model.save_pretrained(arguments.out / "best")
        if step % arguments.checkpoint_every == 0 or finished:
            save_atomically({"adapter": get_peft_model_state_dict(model), "optimizer": optimizer.state_dict(),
                             "step": step, "best": best, "log": log, "seconds": elapsed()}, checkpoint)

    settings = {key: str(value) if isinstance(value, Path) else value for key, value in vars(arguments).items()}
    if arguments.init is not None:
        settings["init"] = hashlib.sha256(arguments.init.read_bytes()).hexdigest()
    (arguments.out / "training.json").write_text(
        json.dumps({"settings": settings, "steps": step, "seconds": round(elapsed()),
                    "examples": sum(len(pack.examples) for packs in plan[:step] for pack in packs),
                    "evaluations": [{k: v for k, v in entry.items() if v == v} for entry in log]}, indent=2) + "\n", encoding="utf-8")
    print(f"adapter in {arguments.out / 'best'}, after {step} of {steps} steps")


if __name__ == "__main__":
    main()
