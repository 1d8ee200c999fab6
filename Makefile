# -- Demo -----------------------------------------------------------------------------------------
# Portals, banks and agencies against a real daemon, through the broker of KVIT_AMQP_URL or a
# private one that is started for it and stopped after it. `make demo DEMO="--orders 5000"`

KVIT = target/release/kvit
DEMO =

.PHONY: demo demo-kill

# What the parties say and kvit answers, verified from outside; a summary at the end.
demo:
	cargo build --release --bin kvit
	deploy/with-broker.sh $(KVIT) demo $(DEMO)

# The same plan with and without ten kills of the daemon must come to the same end.
demo-kill:
	cargo build --release --bin kvit
	deploy/with-broker.sh deploy/demo-kill.sh $(KVIT) $(DEMO)
