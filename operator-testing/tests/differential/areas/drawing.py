"""Values drawn from templates: JSON in which some parts are open."""


class One:
    """One of some values."""

    def __init__(self, *choices):
        self.choices = choices


class Some:
    """A list of some of these elements, in any order, now and then with one of them twice."""

    def __init__(self, *items, twice=0.03):
        self.items, self.twice = items, twice


def draw(dice, template, keep=1.0):
    """A value of a template. Members of objects are there with the chance `keep`, those whose name ends in `!` always,
    and what is at `*` is put among the others."""
    if isinstance(template, One):
        return draw(dice, dice.choice(template.choices), keep)
    if isinstance(template, Some):
        chosen = dice.sample(template.items, dice.randint(0, len(template.items)))
        if chosen and dice.random() < template.twice:
            chosen.append(dice.choice(chosen))
        return [draw(dice, item, keep) for item in chosen]
    if isinstance(template, dict):
        made = {name.rstrip("!"): draw(dice, value, keep) for name, value in template.items() if name.endswith("!") or dice.random() < keep}
        made.update(made.pop("*", {}))
        return made
    if isinstance(template, list):
        return [draw(dice, item, keep) for item in template]
    return template


def places(value, path=()):
    """The path of every member and element in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        yield path + (name,)
        yield from places(item, path + (name,))


def at(value, path):
    for name in path:
        value = value[name]
    return value
