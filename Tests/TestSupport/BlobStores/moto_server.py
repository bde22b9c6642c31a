# An S3 service on a free port that checks signatures: moto, with a user who may do anything in the bucket "parcels".
# Says where it is and who the user is in a line of JSON, and ends with its standard input.
import json, os, sys, logging
# The four calls below are not checked: they make the user.
os.environ.update(AWS_ACCESS_KEY_ID="setup", AWS_SECRET_ACCESS_KEY="setup", AWS_DEFAULT_REGION="eu-central-1",
                  INITIAL_NO_AUTH_ACTION_COUNT="4")
logging.getLogger("werkzeug").setLevel(logging.ERROR)
import boto3
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f"http://{host}:{port}"
iam = boto3.client("iam", endpoint_url=url)
iam.create_user(UserName="tests")
iam.put_user_policy(UserName="tests", PolicyName="all", PolicyDocument=json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}))
key = iam.create_access_key(UserName="tests")["AccessKey"]
boto3.client("s3", endpoint_url=url).create_bucket(
    Bucket="parcels", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
print(json.dumps({"url": url, "key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}), flush=True)
sys.stdin.read()
os._exit(0)
