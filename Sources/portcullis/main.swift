print("portcullis 0.1.0")
