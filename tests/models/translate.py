"""Free JSON in: a dict of settings, a list of messages."""

from typing import Any, Dict, List

from cog import BaseRunner, Input

DICTIONARY = {"de": {"hello": "hallo", "world": "Welt"}, "fr": {"hello": "bonjour", "world": "monde"}}


class Predictor(BaseRunner):
    def run(
        self,
        messages: List[Dict[str, Any]] = Input(description="Objects with role and content"),
        target: str = Input(default="de", choices=sorted(DICTIONARY)),
        settings: Dict[str, Any] = Input(default={}),
    ) -> List[Dict[str, Any]]:
        words = {**DICTIONARY[target], **settings.get("dictionary", {})}
        return [
            {**message, "content": " ".join(words.get(word, word) for word in message["content"].split())}
            for message in messages
        ]
