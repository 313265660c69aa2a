"""What the folder says about itself to whoever finds it without openft."""

TEXT = """\
This folder is the archive of an account of a fine-tuning service. It was written by openft (openft archive), and can
be read without it. Times are UTC.

report.html, report.txt, report.json   what was saved, what was not and why, what stops answering and when
jobs.csv, jobs.jsonl                   all fine-tuning jobs; the JSON has every field to which the host gave a value
jobs/ID/job.json                       one job
jobs/ID/events.jsonl                   its story, oldest first
jobs/ID/checkpoints.jsonl, .csv        its checkpoints with their metrics
fine-tunes.csv, fine-tunes/ID/...      the same of the 2023 API, where the host had it
files.csv, files.jsonl                 all files for and from training
files/ID/file.json                     what the host says about a file
files/ID/NAME                          its content, as the host has sent it
files/ID/NAME.decoded.csv              the table in it, where the host has sent base64
models.csv, models.jsonl               the models that were listed; last_listed is openft's own
model_limits.json                      what the account may still fine-tune, where the host says it
manifest.jsonl                         one line for each thing: where it came from, when, its size, its SHA-256, or
                                       why it is not here (gone, forbidden, failed); of two lines about a thing the
                                       last one counts
SHA256SUMS                             the same hashes for: sha256sum -c SHA256SUMS

Ids that cannot be names of folders on every system have been changed, and end with a mark. The weights of fine-tuned
models are not here: no host gives them out. No key is here, either.
"""
