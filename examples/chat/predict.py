import re
import time
from typing import Any, Dict, List

from cog import BaseRunner, ConcatenateIterator, Input, current_scope, streaming

# What a sentence says, and what is asked in return; `{0}` is the rest of the sentence, said from the other side.
RULES = [
    (r"\bmy name is (\w+)", "Good to meet you, {0}. What brings you here?"),
    (r"\bi feel (.+)", "What makes you feel {0}?"),
    (r"\bi (?:want|need) (.+)", "What would change if you had {0}?"),
    (r"\bi am (.+)", "Since when are you {0}?"),
    (r"\bbecause (.+)", "Is that the only reason?"),
    (r"\bwhy\b", "What do you think yourself?"),
    (r"\b(?:hello|hi)\b", "Hello. What is on your mind?"),
]
OTHER_SIDE = {"i": "you", "me": "you", "my": "your", "am": "are", "you": "I", "your": "my", "mine": "yours"}


def turned(text: str) -> str:
    words = re.sub(r"[.!?]+$", "", text).split()
    return " ".join(OTHER_SIDE.get(word.lower(), word) for word in words)


def reply_to(text: str) -> str:
    for pattern, reply in RULES:
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            return reply.format(*(turned(group) for group in found.groups()))
    return "Go on, I am listening."


def text_of(content: Any) -> str:
    """A message's content is a text, or parts of which some are texts."""
    if isinstance(content, str):
        return content
    parts: List[Dict[str, str]] = content or []
    return "\n".join(part.get("text", "") for part in parts)


class Predictor(BaseRunner):
    @streaming
    def run(
        self,
        messages: List[Dict[str, Any]] = Input(description="The chat so far, each with role and content", default=[]),
        prompt: str = Input(description="Or just one message", default=""),
        max_tokens: int = Input(description="The most words of the answer", default=50, ge=1, le=200),
        words_per_second: int = Input(description="How fast it answers", default=20, ge=1, le=1000),
    ) -> ConcatenateIterator[str]:
        said = [text_of(message.get("content")) for message in messages if message.get("role") == "user"] or [prompt]
        words = re.findall(r"\S+\s*", reply_to(said[-1]))
        scope = current_scope()
        scope.record_metric("prompt_tokens", sum(len(text.split()) for text in said))
        scope.record_metric("completion_tokens", min(len(words), max_tokens))
        scope.record_metric("finish_reason", "stop" if len(words) <= max_tokens else "length")
        for word in words[:max_tokens]:
            yield word
            time.sleep(1 / words_per_second)
