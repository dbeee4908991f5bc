"""Engines: every outside thing behind a protocol, with an embedded default.

Owns: the embedded Postgres, outgoing HTTP; later mail, text, phone, language models,
speech, vision, blobs and streams.
Promises: one contract per seam, tested on every version of it; every outside call has a timeout.
Refuses: to know what the business does with the answer. Vendor SDKs are imported only here.
"""
