"""How strong a spec's tests are: which small wrong programs do they let through?"""
