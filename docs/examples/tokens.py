"""Key set and tokens to try out roles: python tokens.py FOLDER SUBJECT...

Writes keys.json, which has the public part of a new key, and for each SUBJECT a token that is valid for an hour. In
production, your identity provider signs tokens and publishes its key set.
"""

import json
import sys
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

folder = Path(sys.argv[1])
folder.mkdir(exist_ok=True)
key = ec.generate_private_key(ec.SECP256R1())
public = json.loads(jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).to_jwk(key.public_key()))
keys = {"keys": [{**public, "kid": "try-1", "alg": "ES256", "use": "sig"}]}
(folder / "keys.json").write_text(json.dumps(keys, indent=2), encoding="utf-8")
now = int(time.time())
for subject in sys.argv[2:]:
    claims = {"iss": "https://login.tinh.example", "aud": "scorer", "sub": subject, "iat": now, "exp": now + 3600}
    token = jwt.encode(claims, key, algorithm="ES256", headers={"kid": "try-1"})
    (folder / f"{subject}.token").write_text(token, encoding="utf-8")
