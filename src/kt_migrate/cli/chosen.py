"""What an algorithm chose, sentence by sentence: policies, scope, success criteria."""

from __future__ import annotations

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.algorithm.policies import chosen
from kt_migrate.algorithm.scope import scope_words
from kt_migrate.algorithm.success_words import criterion_words, demanded
from kt_migrate.cli.screen import Screen
from kt_migrate.language import shown, tr


def say_choices(screen: Screen, algorithm: Algorithm) -> None:
    """Print every choice with what it comes to."""
    for policy, value, words in chosen(algorithm.policies):
        screen.say(f"{policy}: {value}\n  {shown(words)}")
    for key, words in scope_words(algorithm.scope):
        screen.say(f"scope {key}\n  {shown(words)}")
    criteria = demanded(algorithm.success)
    for name, limit in criteria:
        words = criterion_words(name, limit)
        screen.say(f"success {name}: {limit:g}\n  {shown(words)}")
    if not criteria:
        none = tr("No criteria: then nothing passes.")
        screen.say(f"success\n  {none}")
