#!/bin/bash
# The description of the admin API, looked at by somebody else's validator.
#
#   tests/openapi.sh
#
# Needs python3 with venv, and pip's usual source of packages once; the validator stays in target/.
set -euo pipefail
cd "$(dirname "$0")/.."

validator=target/openapi-validator
if [[ ! -x $validator/bin/openapi-spec-validator ]]; then
    python3 -m venv "$validator"
    "$validator/bin/pip" install --quiet 'openapi-spec-validator>=0.9,<1'
fi
"$validator/bin/openapi-spec-validator" schemas/openapi.json
