"""What a pod says is run: its containers, their probes, and the load balancer in front of them."""
