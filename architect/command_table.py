"""The one table of commands: the command line and the chat both read it."""

from __future__ import annotations

# name -> what it does in a few words; the module is architect.commands.<name>.
COMMANDS: dict[str, str] = {
    "ask": "from a sentence to specs, and with a yes to live modules",
    "chat": "talk with the architect: questions, proposals, commands",
    "split": "split a module for which ten lines are not enough",
    "new": "write the skeleton of a spec",
    "edit": "open a spec in $EDITOR, then say what the change means",
    "watch": "build what is saved: gate, commit, swap in, or say what failed",
    "generate": "build what is stale from specs: prompt, reply, gate, file, commit",
    "verify": "check that generated/ is exactly what the manifest and replies say",
    "rebuild": "make generated/ again from specs and replies, byte for byte",
    "strength": "show which small wrong programs a spec's tests let through",
    "gate": "judge a body or a whole module against its spec",
    "specs": "list the specs and what each is for",
    "show": "show a module: its spec and its accepted body",
    "explain": "tell what a module does, how strong its spec is, how it did live",
    "schema": "print the JSON Schema of spec files for editors",
    "status": "show how each module stands, and the running system if there is one",
    "log": "show the accepted versions of a module",
    "diff": "show what changed in a module",
    "rollback": "bring back an accepted version of a module",
    "adopt": "judge a module that was edited by hand, and record it if accepted",
    "cost": "show what models cost, by day, job and module",
    "model": "show who answers: routes, prices, limits, budgets",
    "up": "start stores, gateway, trading loop and wick by one command",
    "halt": "throw the kill switch: no new entries, exits still pass",
    "resume": "allow new entries again after a halt",
    "notify": "send a test message to whom halts and incidents are told",
    "wick": "repair what fails: a worker fed by the stream of failures",
    "signal": "let a model judge entries: a service beside the trading loop",
    "incidents": "list what failed in the running system and how it ended",
    "incident": "show one incident: its story and the change that mended it",
    "trades": "show the trades of the books",
    "heatmap": "show how trades went by hour of the day, as a table or a picture",
    "candles": "fetch the exchange's candles into files, for backtest and demo",
    "backtest": "trade a history with the very modules that trade, and judge the result",
    "demo": "run the main job from specs to a trading system that repairs itself",
    "db": "create (init), empty (purge) or bring back (restore) what is ours in the stores",
}

# Commands that hold the terminal or the whole system: not for use inside the chat.
SHELL_ONLY = frozenset(
    {"candles", "chat", "db", "demo", "signal", "up", "watch", "wick"}
)
# Commands that accept modules, one commit each.
COMMITTING = frozenset(
    {
        "adopt",
        "ask",
        "chat",
        "demo",
        "generate",
        "rollback",
        "split",
        "up",
        "watch",
        "wick",
    }
)
# What only the chat has.
CHAT_ONLY: dict[str, str] = {
    "help": "list the commands, or tell one: /help ask",
    "quit": "end the chat; architect chat --resume goes on with it",
}
