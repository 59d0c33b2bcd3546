"""The pages of meetings, the same for the panel and the case officers: who may do what comes from the verbs alone."""
