print("hippo-dev")
